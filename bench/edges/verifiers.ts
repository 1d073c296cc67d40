import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { createVerifier, type Verifier } from '../../clients/typescript/src/client.ts'
import { revoke } from '../ask.ts'
import type { Dataset } from '../datasets/dataset.ts'

const receiptMs = 5_000

/** Verifiers of the client, attached to these instances in turns. */
export async function attachVerifiers(
  urls: readonly string[],
  token: string,
  count: number,
): Promise<readonly Verifier[]> {
  const verifiers = Array.from({ length: count }, (_, place) =>
    createVerifier({ url: urls[place % urls.length] ?? '', token, timeoutMs: 20_000 }),
  )
  for (const verifier of verifiers) await untilAttached(verifier)
  return verifiers
}

async function untilAttached(verifier: Verifier): Promise<void> {
  for (;;) {
    const ready = await verifier.ready()
    if (ready.isReady && ready.isAttached) return
    await sleep(50)
  }
}

/** Asks until memory has the token: then the next verdicts come from there. */
export async function makeHot(verifier: Verifier, token: string): Promise<void> {
  while (verifier.verifySync(token)?.valid !== true) {
    const verdict = await verifier.verify(token)
    if (!verdict.valid) throw new Error(`A good token was denied: ${verdict.reason}.`)
  }
}

/**
 * Milliseconds from sending a revocation until its receipt is complete and each of the verifiers,
 * whose memory had accepted the token, denies it.
 */
export async function timeToDeniedAtEdges(
  url: string,
  { rootToken, accountId }: Dataset,
  token: string,
  verifiers: readonly Verifier[],
): Promise<number> {
  await Promise.all(verifiers.map((verifier) => makeHot(verifier, token)))
  const sentAt = performance.now()
  const revoking = revoke(url, rootToken, { token, accountId }, receiptMs)
  const accepting = new Set(verifiers)
  let deniedAt = sentAt
  while (accepting.size > 0) {
    for (const verifier of accepting) {
      if (verifier.verifySync(token)?.valid !== true) accepting.delete(verifier)
    }
    deniedAt = performance.now()
    await turn()
  }
  const state = await revoking
  const completeAt = performance.now()
  if (state !== 'complete') throw new Error(`A receipt is ${state}.`)
  const verdicts = await Promise.all(verifiers.map((verifier) => verifier.verify(token)))
  if (verdicts.some(({ valid }) => valid)) throw new Error('An edge accepts a revoked token.')
  return Math.max(deniedAt, completeAt) - sentAt
}
