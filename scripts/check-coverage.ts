/**
 * Reads the coverage that tap left and exits 1 unless every line of the measured folders ran,
 * and every file of theirs was loaded at all, by the tests that count
 * (test/helpers/coverage-map.ts).
 */
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { measuredFolders } from '../test/helpers/coverage-map.ts'

const root = join(import.meta.dirname, '..')

const report = readReport(await readFile(join(root, '.tap/report/lcov.info'), 'utf8'))
const files = (await Promise.all(measuredFolders.map(sourcesOf))).flat()
const faults = files.flatMap((file) => {
  const missed = report.get(file)
  if (missed === undefined) return [`${file} was never loaded`]
  return missed.length === 0 ? [] : [`${file}: lines ${missed.join(', ')} never ran`]
})
for (const fault of faults) console.error(fault)
console.log(
  `coverage: ${files.length - faults.length} of ${files.length} files of ${measuredFolders.join(' and ')} are whole`,
)
if (faults.length > 0) process.exitCode = 1

/** Files that hold types only have no line to run, and are not loaded. */
async function sourcesOf(folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { recursive: true })
  const sources: string[] = []
  for (const entry of entries) {
    if (!entry.endsWith('.ts')) continue
    const path = join(root, folder, entry)
    const text = await readFile(path, 'utf8')
    if (/^export (?:async )?(?:function|const|class|\{)/m.test(text))
      sources.push(relative(root, path))
  }
  return sources.sort()
}

/**
 * The lines of each file that never ran: https://github.com/linux-test-project/lcov, geninfo(1).
 */
function readReport(text: string): Map<string, number[]> {
  const missed = new Map<string, number[]>()
  let file = ''
  for (const line of text.split('\n')) {
    if (line.startsWith('SF:')) {
      file = relative(root, join(root, line.slice(3)))
      missed.set(file, [])
    }
    const match = /^DA:(\d+),0/.exec(line)
    if (match?.[1] !== undefined) missed.get(file)?.push(Number(match[1]))
  }
  return missed
}
