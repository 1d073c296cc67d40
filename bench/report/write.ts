import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Results } from '../results.ts'
import { documentOf } from './document.ts'
import { plotsOf } from './plots.ts'

const docs = join(import.meta.dirname, '../../docs')
const folder = join(docs, 'performance')
const resultsFile = join(folder, 'results.json')

/** Keeps what was measured, beside what earlier runs measured of other parts. */
export async function keepResults(measured: Results): Promise<void> {
  await mkdir(folder, { recursive: true })
  const all = { ...(await readResults()), ...measured }
  await writeFile(resultsFile, `${JSON.stringify(all, roundNumbers, 2)}\n`)
}

/** Writes docs/performance.md and its plots from the results that are kept. */
export async function writeReport(): Promise<void> {
  const results = await readResults()
  await writeFile(join(docs, 'performance.md'), documentOf(results))
  for (const { file, svg } of plotsOf(results)) await writeFile(join(folder, file), svg)
}

async function readResults(): Promise<Results> {
  try {
    return JSON.parse(await readFile(resultsFile, 'utf8')) as Results
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw error
  }
}

/** Five digits are more than any of it is worth. */
function roundNumbers(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(5)) : value
}
