import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Results } from '../results.ts'
import { documentOf } from './document.ts'
import { plotsOf } from './plots.ts'
import { withNoisyFigures } from './security.ts'

const docs = join(import.meta.dirname, '../../docs')
const resultsFile = 'performance/results.json'
const securityFile = 'security.md'

/** Stores results beside those that earlier runs measured of other scenarios. */
export async function keepResults(measured: Results): Promise<void> {
  await mkdir(join(docs, 'performance'), { recursive: true })
  const all = { ...(await readResults()), ...measured }
  await writeFile(join(docs, resultsFile), `${JSON.stringify(all, roundNumbers, 2)}\n`)
}

/** Writes docs/performance.md and its plots from the stored results. */
export async function writeReport(): Promise<void> {
  for (const [file, text] of await filesOf(await readResults()))
    await writeFile(join(docs, file), text)
}

/** Rejects when docs/performance.md or a plot differs from what the stored results give. */
export async function checkReport(): Promise<void> {
  for (const [file, text] of await filesOf(await readResults())) {
    if ((await readIfThere(file)) === text) continue
    throw new Error(`docs/${file} is not what its results give: npm run bench -- --render`)
  }
}

/** The files, by their names within docs. Without results the page is left alone. */
async function filesOf(results: Results): Promise<Map<string, string>> {
  if (Object.keys(results).length === 0) return new Map()
  const security = (await readIfThere(securityFile)) ?? ''
  return new Map([
    ['performance.md', documentOf(results)],
    [securityFile, withNoisyFigures(security, results)],
    ...plotsOf(results).map(({ file, svg }): [string, string] => [`performance/${file}`, svg]),
  ])
}

async function readResults(): Promise<Results> {
  return JSON.parse((await readIfThere(resultsFile)) ?? '{}') as Results
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(join(docs, file), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Five digits are more than any of it is worth. */
function roundNumbers(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(5)) : value
}
