import { type Acted, act, nothingChanged } from '../../acts/act.ts'
import type { ActDeps } from '../../acts/deps.ts'
import type { AuditDraft } from '../../domain/audit/audit-event.ts'
import { system } from '../../domain/principal.ts'
import { loadDatabaseClock } from '../../store/database-clock.ts'
import {
  claimSweep,
  countExpiring,
  type DueKey,
  findExpiring,
  moveSweep,
  type SweepName,
} from '../../store/sweeps.ts'

const dayMs = 24 * 60 * 60 * 1000

/** How many days before an expiry the audit log records it; 0: the expiry itself. */
const sweeps: readonly { readonly sweep: SweepName; readonly days: number }[] = [
  { sweep: 'expires_in_30_days', days: 30 },
  { sweep: 'expires_in_7_days', days: 7 },
  { sweep: 'expires_in_1_day', days: 1 },
  { sweep: 'expired', days: 0 },
]

/**
 * By then every issue that was under way is committed or has failed. Moments that a sweep has
 * passed are not visited again.
 */
const settlingMs = 10_000

/** Events in one transaction, which locks their chains. */
const batchSize = 200

const lastId = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

/** What a batch found: no more is due, more may be, or another instance has the sweep. */
type Batch = 'done' | 'more' | 'claimed'

/**
 * Writes the events for keys that expire soon or have expired, for every moment since the last
 * sweep. One instance sweeps at a time. The others leave the later sweeps to it, too: the warnings
 * of a key come before its expiry in the audit log.
 */
export async function sweepExpiries(deps: ActDeps): Promise<void> {
  for (const one of sweeps) {
    let batch: Batch
    do batch = await sweepBatch(deps, one)
    while (batch === 'more')
    if (batch === 'claimed') return
  }
}

/** How many keys expire within 1, 7 and 30 days, for the metrics. */
export async function countExpiringKeys(
  deps: Pick<ActDeps, 'db' | 'now'>,
): Promise<ReadonlyMap<number, number>> {
  const days = sweeps.map((one) => one.days).filter((count) => count > 0)
  const now = deps.now()
  const befores = days.map((count) => new Date(now.getTime() + count * dayMs))
  const counts = await countExpiring(deps.db, now, befores)
  return new Map(days.map((count, index) => [count, counts[index] ?? 0]))
}

async function sweepBatch(deps: ActDeps, { sweep, days }: (typeof sweeps)[number]): Promise<Batch> {
  const { result } = await act(deps, system, {}, async ({ trx }): Promise<Acted<Batch>> => {
    const after = await claimSweep(trx, sweep)
    if (after === undefined) return nothingChanged('claimed')
    // With a clock that is ahead, the sweep would pass keys that are issued later.
    const now = await loadDatabaseClock(trx)
    const until = new Date(now.getTime() - settlingMs + days * dayMs)
    if (until <= after.at) return nothingChanged('done')
    const range = { after, until, beforeMs: days * dayMs }
    const due = await findExpiring(trx, range, batchSize)
    const last = due.at(-1)
    const isMore = due.length === batchSize && last !== undefined
    await moveSweep(
      trx,
      sweep,
      isMore ? { at: last.expiresAt, id: last.id } : { at: until, id: lastId },
    )
    const recorded = due.filter((key) => key.isTold)
    return { result: isMore ? 'more' : 'done', events: recorded.map((key) => eventOf(key, days)) }
  })
  return result
}

function eventOf(key: DueKey, days: number): AuditDraft {
  const expiresAt = key.expiresAt.toISOString()
  return {
    accountId: key.accountId,
    action: days === 0 ? 'api_key.expired' : 'api_key.expires_soon',
    resource: { type: 'api_key', id: key.id, name: key.name },
    before: null,
    after: days === 0 ? { expires_at: expiresAt } : { expires_at: expiresAt, days },
  }
}
