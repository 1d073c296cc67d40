import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What the console consists of. */
export interface ConsoleFiles {
  /** Changes with any file: browsers keep files of a version for good. */
  readonly version: string
  readonly index: string
  /** The files by their paths under the version. */
  readonly assets: ReadonlyMap<string, ConsoleAsset>
}

export interface ConsoleAsset {
  readonly type: string
  readonly text: string
}

/** The path of the files of each version. */
export const assetsPath = '/console/assets'

const folder = join(import.meta.dirname, '../../../console')

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
}

/** What the first view needs besides main.js: without this, one file would announce the next. */
const firstView = [
  'lit-html.js',
  'api.js',
  'router.js',
  'shell.js',
  'state.js',
  'parts/export-button.js',
  'parts/layers.js',
  'parts/loading.js',
  'parts/problem.js',
  'parts/table.js',
  'parts/time.js',
  'parts/tokens.js',
  'parts/words.js',
  'parts/empty-form.js',
  'views/key-filters.js',
  'views/keys.js',
]

/** Comments that have lines of their own: browsers need none of them. */
const comments = /^[ \t]*\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n|^[ \t]*\/\/.*\n/gm

/** Reads all files of the console, the one library included. */
export function readConsoleFiles(): ConsoleFiles {
  const paths = globSync(`**/*{${Object.keys(types).join()}}`, { cwd: folder }).sort()
  const assets = new Map(paths.map((path) => [path, assetOf(path, join(folder, path))]))
  const library = fileURLToPath(import.meta.resolve('lit-html'))
  assets.set('lit-html.js', assetOf('lit-html.js', library))
  const template = readFileSync(join(folder, 'index.html'), 'utf8')
  const hash = createHash('sha256').update(template)
  for (const [path, { text }] of assets) hash.update(`${path}\n${text}\n`)
  const version = hash.digest('base64url').slice(0, 12)
  return { version, index: indexOf(template, version), assets }
}

function assetOf(name: string, path: string): ConsoleAsset {
  const type = types[extname(name)]
  if (type === undefined) throw new Error(`The console has no type for ${name}.`)
  const text = readFileSync(path, 'utf8')
  // The map of the library is not served either, and a browser with open tools would ask for it.
  return { type, text: path.endsWith('.js') ? text.replace(comments, '') : text }
}

function indexOf(template: string, version: string): string {
  const base = `${assetsPath}/${version}`
  const preloads = firstView.map((path) => `<link rel="modulepreload" href="${base}/${path}" />`)
  return template.replaceAll('{assets}', base).replace('{preloads}', preloads.join('\n    '))
}
