import type { Test } from 'tap'
import { createVerifier, type Verifier } from '../../clients/typescript/src/client.ts'
import type { VerifierOptions } from '../../clients/typescript/src/verifier-types.ts'
import { until } from './until.ts'

/** A verifier of a service, or of a fake instance, once it is attached. */
export async function attachVerifier(
  t: Test,
  options: Partial<VerifierOptions> & Pick<VerifierOptions, 'url'>,
): Promise<Verifier> {
  const verifier = createVerifier({ token: 'own', timeoutMs: 60_000, ...options })
  t.teardown(() => verifier.close())
  await until(async () => {
    const ready = await verifier.ready()
    return ready.isReady && ready.isAttached
  })
  return verifier
}
