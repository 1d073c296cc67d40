/**
 * The layers of src/ and of the client are kept by rules of Biome, which are path globs: one that
 * matches nothing after a move says nothing. Here every glob meets an import that it must refuse,
 * in every folder it is for.
 */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, matchesGlob, relative } from 'node:path'
import t from 'tap'

const repository = join(import.meta.dirname, '..')
const biome = join(repository, 'node_modules/.bin/biome')
const probeName = 'probe-of-lint-rules.ts'

/**
 * What only act() may import: in every folder but acts/ itself, and store/, which holds three of
 * them.
 */
const partsOfAnAct = [
  'src/store/transaction.ts',
  'src/store/account-locks.ts',
  'src/store/take-revision.ts',
  'src/acts/append-events.ts',
  'src/acts/renew-authority.ts',
]

interface Layer {
  readonly includes: readonly string[]
  readonly globs: readonly string[]
}

interface Configuration {
  readonly overrides: readonly {
    readonly includes: readonly string[]
    readonly linter: { readonly rules: { readonly style?: { noRestrictedImports?: Rule } } }
  }[]
}

interface Rule {
  readonly options: { readonly patterns: readonly { readonly group: readonly string[] }[] }
}

const configuration: Configuration & Record<string, unknown> = JSON.parse(
  await readFile(join(repository, 'biome.json'), 'utf8'),
)
const layers = configuration.overrides.flatMap(({ includes, linter }): Layer[] => {
  const patterns = linter.rules.style?.noRestrictedImports?.options.patterns
  return patterns === undefined ? [] : [{ includes, globs: patterns.flatMap(({ group }) => group) }]
})
const sources = (await readdir(join(repository, 'src'), { recursive: true }))
  .filter((path) => path.endsWith('.ts'))
  .map((path) => `src/${path}`)
const folders = [...new Set(sources.map(dirname)), 'clients/typescript/src'].sort()

t.test(
  'every folder of src/ and of the client is in one layer, and every layer has a folder',
  async (t) => {
    for (const folder of folders) {
      const of = layers.filter((layer) => isIn(folder, layer))
      t.equal(of.length, 1, `${folder} is in ${of.length} layers`)
    }
    for (const layer of layers) {
      for (const glob of layer.includes) {
        const isMet = folders.some((folder) => isIn(folder, { ...layer, includes: [glob] }))
        t.ok(isMet, `${glob} matches a folder`)
      }
    }
  },
)

t.test('every import that a layer forbids is refused in each of its folders', async (t) => {
  const probes = new Map(
    folders.map((folder) => [
      `${folder}/${probeName}`,
      layers
        .filter((layer) => isIn(folder, layer))
        .flatMap(({ globs }) => globs.map((glob) => importOf(glob, folder))),
    ]),
  )
  const refused = await lint(t, probes)
  for (const [path, imports] of probes) {
    const wanted = imports.filter(({ isAllowed }) => !isAllowed)
    t.same(refused.get(path) ?? [], wanted.map(({ specifier }) => specifier).sort(), path)
  }
})

t.test('no folder but acts/ and store/ may import the parts of an act', async (t) => {
  const outside = folders.filter((folder) => !/^src\/(acts|store)(\/|$)/.test(folder))
  const probes = new Map(
    outside.map((folder) => [
      `${folder}/${probeName}`,
      partsOfAnAct.map((path) => ({ specifier: specifierOf(path, folder), isAllowed: false })),
    ]),
  )
  for (const path of partsOfAnAct) t.ok(sources.includes(path), `${path} exists`)
  const refused = await lint(t, probes)
  for (const [path, imports] of probes) {
    t.same(refused.get(path) ?? [], imports.map(({ specifier }) => specifier).sort(), path)
  }
})

interface Import {
  readonly specifier: string
  /** Of a glob that takes an exception from the others. */
  readonly isAllowed: boolean
}

function isIn(folder: string, { includes }: Layer): boolean {
  return includes.some((glob) => matchesGlob(`${folder}/${probeName}`, glob))
}

/** An import of a file or a package that exists, and that the glob must match. */
function importOf(glob: string, folder: string): Import {
  const isAllowed = glob.startsWith('!')
  const pattern = isAllowed ? glob.slice(1) : glob
  if (/^(\.\.\/)+\*\*$/.test(pattern)) {
    return { specifier: specifierOf('src/errors.ts', folder), isAllowed }
  }
  if (!pattern.startsWith('**/')) {
    return { specifier: pattern.replace('/**', '/plugin'), isAllowed }
  }
  const path = sources.find((source) => matchesGlob(source, pattern))
  if (path === undefined) throw new Error(`No file of src/ matches ${glob}.`)
  return { specifier: specifierOf(path, folder), isAllowed }
}

function specifierOf(path: string, folder: string): string {
  const specifier = relative(folder, path)
  return specifier.startsWith('.') ? specifier : `./${specifier}`
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
