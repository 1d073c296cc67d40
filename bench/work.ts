import type { RequireWork } from './benchmark.ts'

type Outcome = 'valid' | 'notFound' | 'revoked' | 'expired'

/**
 * Each request had the caller and so many subjects verified, with that outcome, and neither the
 * database nor Argon2 was asked.
 */
export function fromMemory(outcome: Outcome, subjects = 1): RequireWork {
  return (done, requests, connections) => {
    const callers = outcome === 'valid' ? 1 : 0
    requireCount(outcome, done[outcome], requests, connections, subjects + callers)
    if (outcome !== 'valid') requireCount('valid', done.valid, requests, connections, 1)
    if (done.argon2 > 0) throw new Error(`${done.argon2} Argon2 hashes for what memory knows.`)
    if (done.credentialReads > 0) throw new Error(`${done.credentialReads} reads of credentials.`)
  }
}

/** Each request had one subject verified by an Argon2 hash, and the caller from memory. */
export const byArgon2: RequireWork = (done, requests, connections) => {
  requireCount('valid', done.valid, requests, connections, 2)
  requireCount('Argon2 hashes', done.argon2, requests, connections, 1)
  if (done.credentialReads === 0) throw new Error('No credential was read.')
}

/** At the end of its time a generator may leave one request a connection unanswered. */
function requireCount(
  what: string,
  found: number,
  requests: number,
  connections: number,
  perRequest: number,
): void {
  const most = (requests + connections) * perRequest
  if (found >= requests * perRequest && found <= most) return
  throw new Error(`${requests} requests, but ${found} times ${what}.`)
}
