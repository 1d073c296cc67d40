/** Files that import each other cannot be read, tested or moved alone; a type ties them as well. */
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import t from 'tap'

const root = join(import.meta.dirname, '../src')
const relativeSpecifier = /\bfrom\s+'(\.[^']+\.ts)'|\bimport\s*\(?\s*'(\.[^']+\.ts)'/g

type Imports = ReadonlyMap<string, readonly string[]>

t.test('no files of src/ import each other in a cycle, not even for a type', async (t) => {
  const imports = await importsOfSources()
  t.ok(imports.get('main.ts')?.length, 'the imports of main.ts are found')
  t.same(findCycle(imports), undefined)
})

t.test('a cycle is found wherever it begins', async (t) => {
  const imports = new Map([
    ['a', ['b', 'c']],
    ['b', ['c']],
    ['c', ['d']],
    ['d', ['b']],
  ])
  t.same(findCycle(imports), ['b', 'c', 'd', 'b'])
  t.same(findCycle(new Map([['a', ['a']]])), ['a', 'a'])
  t.same(findCycle(new Map([...imports, ['d', []]])), undefined)
})

async function importsOfSources(): Promise<Imports> {
  const paths = await readdir(root, { recursive: true })
  const sources = paths.filter((path) => path.endsWith('.ts'))
  return new Map(
    await Promise.all(
      sources.map(async (path) => {
        const text = await readFile(join(root, path), 'utf8')
        const imported = [...text.matchAll(relativeSpecifier)].map(([, from, alone]) =>
          relative(root, join(root, dirname(path), from ?? alone ?? '')),
        )
        return [path, imported] as const
      }),
    ),
  )
}

/** The files of one cycle, the first again at the end; undefined when there is none. */
function findCycle(imports: Imports): readonly string[] | undefined {
  const done = new Set<string>()
  const path: string[] = []

  function visit(file: string): readonly string[] | undefined {
    const start = path.indexOf(file)
    if (start !== -1) return [...path.slice(start), file]
    if (done.has(file)) return undefined
    path.push(file)
    for (const imported of imports.get(file) ?? []) {
      const cycle = visit(imported)
      if (cycle !== undefined) return cycle
    }
    path.pop()
    done.add(file)
    return undefined
  }

  for (const file of imports.keys()) {
    const cycle = visit(file)
    if (cycle !== undefined) return cycle
  }
  return undefined
}
