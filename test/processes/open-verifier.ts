/**
 * A program that uses a verifier and does not close it when its work is done: `node
 * open-verifier.ts URL MODE TOKEN`, MODE being `attached`, `detached` or `remote`. SIGTERM closes
 * the verifier, and ends nothing else.
 */
import { once } from 'node:events'
import { createVerifier } from '../../clients/typescript/src/client.ts'

const [url = '', mode, token = ''] = process.argv.slice(2)
const verifier = createVerifier({
  url,
  token: 'own',
  mode: mode === 'remote' ? 'remote' : 'attached',
  timeoutMs: 60_000,
})
// A listener for a signal keeps no process running.
process.once('SIGTERM', () => void verifier.close())
if (mode !== 'remote') await once(verifier, mode === 'attached' ? 'attached' : 'detached')
const verdict = await verifier.verify(token).catch(({ code }) => ({ valid: code }))
process.stdout.write(`valid: ${verdict.valid}\n`)
