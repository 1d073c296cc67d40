import { setTimeout as sleep } from 'node:timers/promises'
import type { Deps } from '../http/deps.ts'

/** Less than a process may take to stop after its last request: a loss is told, never cut off. */
const flushWithinMs = 8_000

/**
 * Writes the buffered uses, of keys and of sessions, and denials for the last time. Rejects if that
 * fails, after it has logged how much is lost: nobody writes them later.
 */
export async function flushLast(deps: Deps, withinMs = flushWithinMs): Promise<void> {
  const { db, uses, sessions, denials, log } = deps
  const flushes = [uses.flush(db), sessions.uses.flush(db), denials.flush(deps)]
  const late = sleep(withinMs, 'late' as const, { ref: false })
  const settled = await Promise.race([Promise.allSettled(flushes), late])
  const failed = settled === 'late' ? settled : settled.find(({ status }) => status === 'rejected')
  const lost = { uses: uses.count, session_uses: sessions.uses.size, denials: denials.size }
  if (failed === undefined) return
  const err =
    typeof failed === 'string' || failed.status === 'fulfilled' ? undefined : failed.reason
  log.error({ err, lost }, 'uses and denials are lost: the last flush failed')
  throw new Error('The last flush failed.', { cause: err })
}
