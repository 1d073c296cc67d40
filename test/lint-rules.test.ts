/**
 * docs/architecture.md has a table of what each folder of src/, and the client, may import. Here
 * Biome meets every other import in every folder, and each that the table allows.
 */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, matchesGlob } from 'node:path'
import t from 'tap'
import {
  importRulesOf,
  type Layer,
  partsOfAnAct,
  readLayers,
  readSources,
  specifierOf,
} from '../scripts/layers.ts'

const repository = join(import.meta.dirname, '..')
const biome = join(repository, 'node_modules/.bin/biome')
const probeName = 'probe-of-lint-rules.ts'
const client = 'clients/typescript/src'

const layers = await readLayers()
const sources = await readSources()
const configuration: { readonly overrides: readonly { includes: readonly string[] }[] } =
  JSON.parse(await readFile(join(repository, 'biome.json'), 'utf8'))
const { dependencies, devDependencies } = JSON.parse(
  await readFile(join(repository, 'package.json'), 'utf8'),
)
const packages = Object.keys({ ...dependencies, ...devDependencies })

/** A file in each folder, of a name that no file has; and each file that is in no folder. */
const places = [...new Set([...sources.map(placeOf), `${client}/${probeName}`])].sort()

/** One file of each folder, and each that is alone, is a part of an act or is in the table. */
const targets = [
  ...new Set([
    ...new Map(sources.map((path) => [placeOf(path), path])).values(),
    ...partsOfAnAct,
    ...layers.flatMap(({ imports }) => imports.filter((path) => path.endsWith('.ts'))),
  ]),
]

t.test(
  'every file of src/ and of the client is of one layer, and the table names no other',
  async (t) => {
    for (const place of places) t.equal(layers.filter(isOf(place)).length, 1, place)
    for (const layer of layers)
      t.ok(
        places.some((place) => isOf(place)(layer)),
        layer.path,
      )
    for (const path of layers.flatMap(({ imports }) => imports)) {
      const exists = path === 'package.json' || sources.some((source) => source.startsWith(path))
      t.ok(exists, `${path} exists`)
    }
    for (const path of partsOfAnAct) t.ok(sources.includes(path), `${path} exists`)
  },
)

t.test('biome.json has the rules of the table, one for each place', async (t) => {
  const rules = layers.flatMap((layer) => importRulesOf(layer, sources))
  t.strictSame(configuration.overrides.slice(0, rules.length), rules)
  for (const place of places) {
    const of = rules.filter(({ includes }) => includes.some((glob) => matchesGlob(place, glob)))
    t.equal(of.length, 1, place)
  }
})

t.test('Biome refuses each import that the table does not allow, and no other', async (t) => {
  const probes = new Map(places.map((place) => [place, importsIn(place)]))
  const refused = await lint(t, probes)
  for (const [place, imports] of probes) {
    const wanted = imports.filter(({ isAllowed }) => !isAllowed)
    t.ok(wanted.length > packages.length, `${place} must not import much`)
    t.same(refused.get(place) ?? [], wanted.map(({ specifier }) => specifier).sort(), place)
  }
})

t.test('a relative import takes the shortest way, which the rules are for', async (t) => {
  const longer: string[] = []
  for (const source of sources) {
    const text = await readFile(join(repository, source), 'utf8')
    for (const [, specifier = ''] of text.matchAll(/(?:from|import|import\()\s*'(\.[^']+)'/g)) {
      const folder = dirname(source)
      if (specifier !== specifierOf(join(folder, specifier), folder)) longer.push(source)
    }
  }
  t.same(longer, [])
})

interface Import {
  readonly specifier: string
  readonly isAllowed: boolean
}

function placeOf(source: string): string {
  const folder = dirname(source)
  return folder === 'src' ? source : `${folder}/${probeName}`
}

function isOf(place: string): (layer: Layer) => boolean {
  return ({ path }) => (path.endsWith('/') ? place.startsWith(path) : place === path)
}

function importsIn(place: string): readonly Import[] {
  const layer = layers.find(isOf(place))
  if (layer === undefined) throw new Error(`No layer has ${place}.`)
  const ours = targets
    .filter((target) => target !== place)
    .map((target) => ({
      specifier: specifierOf(target, dirname(place)),
      isAllowed: mayImport(layer, target),
    }))
  const theirs = packages.flatMap((name) => [
    { specifier: name, isAllowed: layer.packages.includes(name) },
    { specifier: `${name}/part/of/it`, isAllowed: false },
  ])
  const ofNode = ['node:fs', 'node:fs/promises'].map((specifier) => ({
    specifier,
    isAllowed: true,
  }))
  return [...ours, ...theirs, ...ofNode]
}

function mayImport({ path, imports, hasActs }: Layer, target: string): boolean {
  const isAllowed = [path, ...imports].some((one) => target.startsWith(one))
  return isAllowed && (hasActs || !partsOfAnAct.includes(target))
}

/** The imports that Biome refuses, by file and in order, each once. */
async function lint(
  t: { teardown(end: () => unknown): void },
  probes: ReadonlyMap<string, readonly Import[]>,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const root = await mkdtemp(join(tmpdir(), 'aeon-keys-lint-'))
  t.teardown(() => rm(root, { recursive: true }))
  await writeFile(join(root, 'biome.json'), JSON.stringify({ ...configuration, vcs: undefined }))
  for (const [path, imports] of probes) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    const lines = imports.map(({ specifier }) => `import '${specifier}'\n`)
    await writeFile(join(root, path), lines.join(''))
  }
  const refused = new Map<string, Set<string>>()
  for (const { path, line } of await diagnose(root)) {
    const specifiers = refused.get(path) ?? new Set()
    refused.set(path, specifiers.add(probes.get(path)?.[line - 1]?.specifier ?? `line ${line}`))
  }
  return new Map(Array.from(refused, ([path, specifiers]) => [path, [...specifiers].sort()]))
}

async function diagnose(root: string): Promise<readonly { path: string; line: number }[]> {
  const args = [
    'lint',
    '--only=style/noRestrictedImports',
    '--reporter=github',
    '--max-diagnostics=none',
    '.',
  ]
  const output = await new Promise<string>((resolve) => {
    execFile(biome, args, { cwd: root, maxBuffer: 2 ** 26 }, (_error, stdout) => resolve(stdout))
  })
  // ::error title=lint/style/noRestrictedImports,file=src/x.ts,line=1,...
  return [...output.matchAll(/noRestrictedImports,file=([^,]+),line=(\d+),/g)].map(
    ([, path = '', line]) => ({ path, line: Number(line) }),
  )
}
