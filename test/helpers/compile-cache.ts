/**
 * Imported by tap before each test: keeps what was compiled of tap, the packages and the sources,
 * which is up to half a second a test. Not where lines are counted: V8 counts less precisely in
 * kept code (https://nodejs.org/api/module.html#module-compile-cache).
 */
import { enableCompileCache } from 'node:module'
import { join, relative } from 'node:path'
import { coveredBy } from './coverage-map.ts'

const root = join(import.meta.dirname, '../..')
const test = relative(root, process.argv[1] ?? '')
if (coveredBy(test) === null) enableCompileCache(join(root, 'node_modules/.cache/aeon-keys-test'))
