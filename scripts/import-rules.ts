/**
 * Writes the import rules of biome.json, which follow from the table "What may import what" of
 * docs/architecture.md:
 *   node scripts/import-rules.ts          writes biome.json
 *   node scripts/import-rules.ts --check  exits 1 when biome.json has others
 */
import { execFileSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { importRulesOf, readLayers, readSources } from './layers.ts'

interface Override {
  readonly linter: {
    readonly rules: { readonly style?: { readonly noRestrictedImports?: unknown } }
  }
}

const repository = join(import.meta.dirname, '..')
const path = join(repository, 'biome.json')
const [layers, sources] = await Promise.all([readLayers(), readSources()])
const configuration: { readonly overrides: readonly Override[] } = JSON.parse(
  await readFile(path, 'utf8'),
)
const others = configuration.overrides.filter(
  ({ linter }) => linter.rules.style?.noRestrictedImports === undefined,
)
const overrides = [...layers.flatMap((layer) => importRulesOf(layer, sources)), ...others]

if (!process.argv.includes('--check')) {
  await writeFile(path, `${JSON.stringify({ ...configuration, overrides }, null, 2)}\n`)
  execFileSync(join(repository, 'node_modules/.bin/biome'), ['format', '--write', path])
} else if (!isDeepStrictEqual(configuration.overrides, overrides)) {
  console.error('biome.json has other import rules than docs/architecture.md: run npm run layers')
  process.exitCode = 1
}
