import { access, glob, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

const rooms = 'src|test|docs|bench|scripts|migrations|openapi|clients'
/** A path from the root, `*` and `{a,b}` included, that does not continue an address or a path. */
const paths = new RegExp(`(?<![\\w./-])(?:${rooms})/[\\w./*{},-]*[\\w/*}]`, 'g')
const pages = /(?<![\w./-])docs\/[\w./-]+\.md/g
const links = /\]\(([^)\s]+)\)/g
const fences = /^( *)```.*?^\1```$/gms
/** The profile names files as they were on the day of the measurement. */
const measuredRows = /^\| .*\(src\/.*$/gm

/**
 * Finds what the Markdown pages and the code comments below a root name and what does not exist:
 * files by their path from the root, targets of relative links, and headings; also decisions that
 * share a number. Returns one line for each, sorted.
 */
export async function findDocFaults(root: string): Promise<string[]> {
  const faults: string[] = []
  for (const file of await filesIn(root, '**/*.md')) {
    const text = (await readFile(join(root, file), 'utf8')).replaceAll(measuredRows, '')
    faults.push(...(await missingPaths(root, file, text.matchAll(paths))))
    faults.push(...(await missingTargets(root, file, text.replaceAll(fences, ''))))
  }
  for (const file of await filesIn(root, '{src,bench,scripts,migrations,clients}/**/*.{ts,sql}')) {
    const text = await readFile(join(root, file), 'utf8')
    faults.push(...(await missingPaths(root, file, text.matchAll(pages))))
  }
  faults.push(...(await repeatedNumbers(root)))
  return faults.sort()
}

async function filesIn(root: string, pattern: string): Promise<string[]> {
  const exclude = ['**/node_modules', '**/dist', 'data', 'test/client/generated']
  const files: string[] = []
  for await (const file of glob(pattern, { cwd: root, exclude })) files.push(file)
  return files
}

async function missingPaths(
  root: string,
  file: string,
  matches: Iterable<RegExpMatchArray>,
): Promise<string[]> {
  const named = new Set(Array.from(matches, ([path]) => path))
  const faults: string[] = []
  for (const path of named) {
    if (!(await matchesAny(root, path))) faults.push(`${file}: there is no ${path}`)
  }
  return faults
}

async function matchesAny(root: string, pattern: string): Promise<boolean> {
  for await (const _ of glob(pattern, { cwd: root })) return true
  return false
}

async function missingTargets(root: string, file: string, text: string): Promise<string[]> {
  const faults: string[] = []
  for (const [, target = ''] of text.matchAll(links)) {
    if (/^[a-z]+:/.test(target)) continue
    const [path = '', heading] = target.split('#')
    const linked = path === '' ? file : join(dirname(file), path)
    if (!(await exists(join(root, linked)))) faults.push(`${file}: there is no ${linked}`)
    else if (heading !== undefined && !(await headingsOf(join(root, linked))).has(heading)) {
      faults.push(`${file}: ${linked} has no heading #${heading}`)
    }
  }
  return faults
}

/** Two decisions that landed at the same time may have taken the same number. */
async function repeatedNumbers(root: string): Promise<string[]> {
  const numbers = new Map<string, string>()
  const faults: string[] = []
  for (const file of (await filesIn(root, 'docs/decisions/*.md')).sort()) {
    const number = basename(file).slice(0, 4)
    const earlier = numbers.get(number)
    if (earlier !== undefined) faults.push(`${file}: ${earlier} has the same number`)
    numbers.set(number, file)
  }
  return faults
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** Fragments as GitHub makes them: lower case, spaces as hyphens, no punctuation. */
async function headingsOf(path: string): Promise<Set<string>> {
  const text = (await readFile(path, 'utf8')).replaceAll(fences, '')
  const headings = Array.from(text.matchAll(/^#+ (.+)$/gm), ([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
  return new Set(headings)
}
