import { globSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { filesOfGroup, groupNames } from './helpers/groups.ts'

const root = join(import.meta.dirname, '..')

t.test('npm test and npm run test:processes run every test file once', async (t) => {
  const entries = groupNames.map((name) => `test/groups/${name}.ts`)
  t.same(pathsOf(['test/groups/**/*.ts']).toSorted(), entries.toSorted())

  const taprc = await readFile(join(root, '.taprc'), 'utf8')
  const [, list = ''] = /^include:\n((?: {2}- .*\n)+)/m.exec(taprc) ?? []
  const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  const [, files = ''] = /--disable-coverage (.*)$/.exec(scripts['test:processes']) ?? []
  const included = pathsOf(`${list} ${files}`.match(/\S*\/\S*/g) ?? [])
  t.same(included.filter(isGroup).toSorted(), entries.toSorted(), 'every group runs once')
  const run = [...included.filter((path) => !isGroup(path)), ...groupNames.flatMap(filesOfGroup)]
  t.same(run.toSorted(), pathsOf(['test/**/*.test.ts']).toSorted(), 'every file runs once')
})

const isGroup = (path: string) => path.startsWith('test/groups/')

function pathsOf(patterns: readonly string[]): string[] {
  return globSync(patterns, { cwd: root, exclude: ['test/{client,docs-page}/**'] })
}
