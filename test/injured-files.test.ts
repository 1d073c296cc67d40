/** Which tests `npm run test:proxy` runs. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { injuredFiles, injuredFolders, notInjured, testFiles } from './hostile/suites.ts'

const root = join(import.meta.dirname, '..')

t.test(
  'test:proxy runs every test file of acts, freshness, management and the store, or says why not',
  async (t) => {
    const expected = injuredFolders.flatMap((folder) =>
      readdirSync(join(root, folder))
        .filter((name) => name.endsWith('.test.ts'))
        .map((name) => `${folder}/${name}`),
    )
    t.same(testFiles(), expected.toSorted())
    t.same([...injuredFiles(), ...Object.keys(notInjured)].toSorted(), testFiles())
    for (const [file, why] of Object.entries(notInjured)) t.match(why, /\.$/, file)
  },
)
