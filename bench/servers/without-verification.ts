/**
 * The whole service without the verification that a request asks for. Its route
 * `/v1/verify`, its hooks, which authenticate the caller, its schemas, its access rules, its
 * wording of the verdict, its log and its metrics are the service's own. But `verify` answers a
 * constant: what it answered for the subject the first time. With TRUSTS_CALLER=yes it
 * does so for the caller too.
 *
 * CALLER is the caller's token.
 */
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const real = pathToFileURL(join(import.meta.dirname, '../../src/verification/verify.ts')).href
const constant = pathToFileURL(join(import.meta.dirname, 'constant-verify.ts')).href

registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context)
    const isReplaced = resolved.url === real && context.parentURL !== constant
    return isReplaced ? { ...resolved, url: constant } : resolved
  },
})
const { catchStopSignals } = await import('../../src/process/stop-signals.ts')
const { run } = await import('../../src/process/run.ts')
await run([], process.env, catchStopSignals())
