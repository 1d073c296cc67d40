/** Lists every line of a comment that is wider than 100 columns, and exits 1 if there is one. */
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { maxCommentWidth, wideCommentLines } from './comment-width.ts'

const root = join(import.meta.dirname, '..')
const rooms = ['src', 'test', 'bench', 'scripts', 'clients/typescript/src']

const wide = (await Promise.all(rooms.map(wideLinesOf))).flat()
for (const place of wide)
  console.error(`${place}: a comment is wider than ${maxCommentWidth} columns`)
if (wide.length > 0) process.exitCode = 1

async function wideLinesOf(room: string): Promise<string[]> {
  const entries = await readdir(join(root, room), { recursive: true })
  const sources = entries.filter(
    (entry) => entry.endsWith('.ts') && !/node_modules|client\/generated/.test(entry),
  )
  const places = await Promise.all(
    sources.sort().map(async (entry) => {
      const path = join(root, room, entry)
      const lines = wideCommentLines(await readFile(path, 'utf8'))
      return lines.map((line) => `${relative(root, path)}:${line}`)
    }),
  )
  return places.flat()
}
