/**
 * Exits 1 when a file of src/ sends statements that may not, or a function of the store writes
 * outside act() and is not in the table "What is no act" of src/acts/README.md
 * (find-statements.ts).
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { plainWrites, strayStatements } from './find-statements.ts'
import { readSources } from './layers.ts'

const checkout = join(import.meta.dirname, '..')
const page = await readFile(join(checkout, 'src/acts/README.md'), 'utf8')
const [, section = ''] = page.split('\n## What is no act\n')
const listed = new Set(
  [...section.matchAll(/`([a-z][\w/-]*\.ts)`, ((?:`\w+`(?:, )?)+)/g)].flatMap(
    ([, path, names = '']) => [...names.matchAll(/`(\w+)`/g)].map(([, name]) => `${path} ${name}`),
  ),
)
const found = new Set<string>()

for (const path of await readSources()) {
  const source = await readFile(join(checkout, path), 'utf8')
  for (const line of strayStatements(path, source)) {
    fail(`${path}:${line}: only src/store/ sends statements`)
  }
  if (!path.startsWith('src/store/')) continue
  for (const name of plainWrites(source)) {
    const place = `${path.slice('src/'.length)} ${name}`
    found.add(place)
    if (!listed.has(place))
      fail(`${place}: writes outside act(), and src/acts/README.md has no reason`)
  }
}
for (const place of listed) {
  if (!found.has(place)) fail(`src/acts/README.md: ${place} writes nothing outside act()`)
}

function fail(message: string): void {
  console.error(message)
  process.exitCode = 1
}
