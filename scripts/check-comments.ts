/**
 * Lists every line of a comment that is wider than 100 columns, in the files that git knows or
 * would add, and exits 1 if there is one.
 */
import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { commentMarkOf, maxCommentWidth, wideCommentLines } from './comment-width.ts'

const root = join(import.meta.dirname, '..')
const listing = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})

for (const path of listing.split('\n').filter((line) => line !== '')) {
  // Git lists a file that is deleted, but whose deletion is not yet staged.
  const source = await readFile(join(root, path), 'utf8').catch(() => '')
  const mark = commentMarkOf(path, source)
  if (mark === undefined) continue
  for (const line of wideCommentLines(source, mark)) {
    console.error(`${path}:${line}: a comment is wider than ${maxCommentWidth} columns`)
    process.exitCode = 1
  }
}
