import type { Deps } from '../../deps.ts'
import { listHeadsSince } from '../../store/audit-log.ts'
import { claimSweep, moveSweep } from '../../store/sweeps.ts'
import { inTransaction } from '../../store/transaction.ts'

const everyMs = 60 * 60 * 1000

/** Clocks differ, and an event has the time from before its commit: heads are logged twice rather than never. */
const overlapMs = 5 * 60 * 1000

const headsALine = 50

/**
 * Logs the heads of the chains that moved since it was done last, once an hour, by one instance for all:
 * a log that is kept elsewhere bears witness to them.
 */
export async function logHeads(deps: Pick<Deps, 'db' | 'now' | 'log'>): Promise<void> {
  await inTransaction(deps.db, async (trx) => {
    const last = await claimSweep(trx, 'audit_heads')
    const now = deps.now()
    if (last === undefined || now.getTime() < last.at.getTime() + everyMs) return
    const heads = await listHeadsSince(trx, new Date(last.at.getTime() - overlapMs))
    for (let from = 0; from < heads.length; from += headsALine) {
      const line = heads.slice(from, from + headsALine).map(({ accountId, number, link }) => ({
        account_id: accountId,
        number,
        link: link.toString('hex'),
      }))
      deps.log.info({ heads: line }, 'head hashes of the audit log')
    }
    await moveSweep(trx, 'audit_heads', { at: now, id: last.id })
  })
}
