import { globSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { filesOfGroup, groupNames } from './helpers/groups.ts'

const root = join(import.meta.dirname, '..')

t.test('npm test runs every test file once, alone or in a group of one process', async (t) => {
  const entries = await readdir(join(root, 'test/groups'))
  t.same(entries.toSorted(), groupNames.map((name) => `${name}.ts`).toSorted())

  const taprc = await readFile(join(root, '.taprc'), 'utf8')
  const [, list = ''] = /^include:\n((?: {2}- .*\n)+)/m.exec(taprc) ?? []
  const patterns = list.match(/\S*\/\S*/g) ?? []
  const included = pathsOf(patterns)
  const grouped = groupNames.flatMap(filesOfGroup)
  const run = [...included.filter((path) => !path.startsWith('test/groups/')), ...grouped]
  t.same(run.toSorted(), pathsOf(['test/**/*.test.ts']).toSorted())
})

function pathsOf(patterns: readonly string[]): string[] {
  return globSync(patterns, { cwd: root, exclude: ['test/{client,docs-page}/**'] })
}
