import { registerHooks } from 'node:module'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { filesOfGroup } from './groups.ts'

const root = join(import.meta.dirname, '../..')

/** The subtest of the test file that is being imported. */
let subtestOfFile: Test | undefined

/**
 * Runs the test files of a group one after the other, each as a subtest: what a file starts ends
 * with its subtest, as it would with a process of its own.
 */
export function runGroup(entry: string): void {
  giveEachFileItsOwnTap()
  const name = relative(join(root, 'test/groups'), entry).replace(/\.ts$/, '')
  for (const file of filesOfGroup(name)) {
    t.test(file, async (t) => {
      subtestOfFile = t
      await import(pathToFileURL(join(root, file)).href)
    })
  }
}

export function currentSubtest(): Test {
  if (subtestOfFile === undefined) throw new Error('No test file of a group is being imported.')
  return subtestOfFile
}

/** What a test file imports from tap are the functions of its subtest. */
function giveEachFileItsOwnTap(): void {
  const scoped = new URL('./group-tap.ts', import.meta.url).href
  registerHooks({
    resolve(specifier, context, next) {
      const { parentURL = '' } = context
      if (specifier !== 'tap' || !parentURL.endsWith('.test.ts')) return next(specifier, context)
      return { url: `${scoped}?for=${new URL(parentURL).pathname}`, shortCircuit: true }
    },
  })
}
