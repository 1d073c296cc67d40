/**
 * The layers of src/ and of the client: the table of docs/architecture.md, and the rules of Biome
 * that follow from it.
 */
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'

const repository = join(import.meta.dirname, '..')

/** The parts of an act: only acts/ may import them, and store/ its own three. */
export const partsOfAnAct: readonly string[] = [
  'src/store/transaction.ts',
  'src/store/account-locks.ts',
  'src/store/take-revision.ts',
  'src/acts/append-events.ts',
  'src/acts/renew-authority.ts',
]

/** A row of the table. All paths begin at the root of the repository. */
export interface Layer {
  /** A folder (`src/store/`), or a file of src/ that is in no folder (`src/app.ts`). */
  readonly path: string
  /** Other folders of src/, and single files. */
  readonly imports: readonly string[]
  readonly packages: readonly string[]
  /** Whether it may import the parts of an act. */
  readonly hasActs: boolean
}

/** An override of biome.json: what Biome refuses in the files that a glob matches. */
export interface ImportRule {
  readonly includes: readonly string[]
  readonly linter: { readonly rules: { readonly style: Style } }
}

interface Style {
  readonly noRestrictedImports: {
    readonly level: 'error'
    readonly options: { readonly patterns: readonly Pattern[] }
  }
}

interface Pattern {
  /** The last glob that matches a specifier decides; `!` allows it. */
  readonly group: readonly string[]
  readonly message: string
}

/** The rows of the table "What may import what" of docs/architecture.md. */
export async function readLayers(): Promise<readonly Layer[]> {
  const page = await readFile(join(repository, 'docs/architecture.md'), 'utf8')
  const [, section = ''] = page.split('\n## What may import what\n')
  const [text = ''] = section.split('\n## ')
  return text.split('\n').flatMap((line): readonly Layer[] => {
    const [, paths = [], imports = [], packages = []] = line.split('|').map(namesIn)
    return paths.map(inRepository).map((path) => ({
      path,
      imports: imports.map(inRepository),
      packages,
      hasActs: path === 'src/acts/' || path === 'src/store/',
    }))
  })
}

/** The TypeScript files of src/. */
export async function readSources(): Promise<readonly string[]> {
  const paths = await readdir(join(repository, 'src'), { recursive: true })
  const sources = paths.filter((path) => path.endsWith('.ts'))
  return sources.map((path) => `src/${path}`).sort()
}

/**
 * The overrides of biome.json for a layer. Relative specifiers depend on how deep the folder of
 * a file is, so each depth has an override of its own.
 */
export function importRulesOf(layer: Layer, sources: readonly string[]): readonly ImportRule[] {
  return globsOf(layer, sources).map((glob) => {
    const folder = dirname(glob)
    const allowed = layer.imports.map((path) => specifierOf(path, folder)).map(withAllIn)
    const group = [
      '**',
      ...ownFolder(layer, folder),
      ...[...allowed, 'node:*', 'node:*/**', ...layer.packages].map((one) => `!${one}`),
    ]
    const patterns = [{ group, message: messageOf(layer) }, ...refusedParts(layer, folder)]
    return {
      includes: [glob],
      linter: {
        rules: { style: { noRestrictedImports: { level: 'error', options: { patterns } } } },
      },
    }
  })
}

/** How a file of `folder` names a path. */
export function specifierOf(path: string, folder: string): string {
  const specifier = `${relative(folder, path)}${path.endsWith('/') ? '/' : ''}`
  return specifier.startsWith('.') ? specifier : `./${specifier}`
}

function namesIn(cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)
}

function inRepository(name: string): string {
  return name.startsWith('clients/') || name === 'package.json' ? name : `src/${name}`
}

function globsOf({ path }: Layer, sources: readonly string[]): readonly string[] {
  if (path.endsWith('.ts')) return [path]
  const within = sources.filter((source) => source.startsWith(path))
  const depths = new Set(within.map((source) => relative(path, dirname(source)).split('/').length))
  return [`${path}*.ts`, ...[...depths].map((depth) => `${path}${'*/'.repeat(depth)}*.ts`)]
}

function ownFolder({ path }: Layer, folder: string): readonly string[] {
  if (path.endsWith('.ts')) return []
  const isNested = folder.includes('*')
  return ['!./**', ...(isNested ? ['!../**', `${relative(folder, dirname(path))}/**`] : [])]
}

/** A folder stands for all that is in it. */
function withAllIn(specifier: string): string {
  return specifier.endsWith('/') ? `${specifier}**` : specifier
}

function refusedParts({ imports, hasActs }: Layer, folder: string): readonly Pattern[] {
  const group = partsOfAnAct.filter((part) => imports.some((path) => part.startsWith(path)))
  if (hasActs || group.length === 0) return []
  return [
    {
      group: group.map((part) => specifierOf(part, folder)),
      message:
        'Only act() commits a change: its locks, its renewed authority, its events and its revision belong together.',
    },
  ]
}

function messageOf({ path }: Layer): string {
  return `docs/architecture.md, "What may import what", names all that ${path} may import.`
}
