/**
 * The floor: the whole service, with the verification alone taken out. Its route `/v1/verify`, its hooks,
 * its schemas, its reading of the caller's header and its access rules, its wording of the verdict, its
 * log and its metrics are the service's own. But `verify`, which is asked twice a request (once for the
 * caller, once for the subject), answers each time what it answered the first time: a constant.
 *
 * FLOOR_CALLER and FLOOR_SUBJECT are the two tokens whose verdicts are the constants.
 */
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const real = pathToFileURL(join(import.meta.dirname, '../../src/keys/verify.ts')).href
const constant = pathToFileURL(join(import.meta.dirname, 'constant-verify.ts')).href

registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context)
    const isReplaced = resolved.url === real && context.parentURL !== constant
    return isReplaced ? { ...resolved, url: constant } : resolved
  },
})
const { run } = await import('../../src/run.ts')
await run(process.env)
