import type { Logger } from 'pino'
import { act, nothingChanged } from '../../acts/act.ts'
import type { ActDeps } from '../../acts/deps.ts'
import { system } from '../../domain/principal.ts'
import { listHeadsSince } from '../../store/audit-log.ts'
import { claimSweep, moveSweep } from '../../store/sweeps.ts'

const everyMs = 60 * 60 * 1000

/**
 * Clocks differ, and the time of an event is from before its commit: heads are logged twice rather
 * than never.
 */
const overlapMs = 5 * 60 * 1000

const headsALine = 50

interface HeadLog {
  readonly log: Pick<Logger, 'error' | 'info'>
}

/**
 * Logs the head hashes of the chains that have grown since the last time, once an hour, by one
 * instance for all. A log that is stored elsewhere proves later what they were.
 */
export async function logHeads(deps: ActDeps & HeadLog): Promise<void> {
  await act(deps, system, {}, async ({ trx }) => {
    const last = await claimSweep(trx, 'audit_heads')
    const now = deps.now()
    if (last === undefined || now.getTime() < last.at.getTime() + everyMs) {
      return nothingChanged(undefined)
    }
    const heads = await listHeadsSince(trx, new Date(last.at.getTime() - overlapMs))
    for (let from = 0; from < heads.length; from += headsALine) {
      const line = heads.slice(from, from + headsALine).map(({ accountId, number, entryHash }) => ({
        account_id: accountId,
        number,
        link: entryHash.toString('hex'),
      }))
      deps.log.info({ heads: line }, 'head hashes of the audit log')
    }
    await moveSweep(trx, 'audit_heads', { at: now, id: last.id })
    // The progress of a sweep is not recorded in the audit log.
    return nothingChanged(undefined)
  })
}
