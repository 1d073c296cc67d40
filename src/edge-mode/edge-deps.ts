import { moment } from '../edge/moment.ts'
import { FairTurns } from '../verification/fair-turns.ts'
import type { EdgeVerdicts } from './edge-verdicts.ts'

/** What the routes for verdicts need, of an edge. Callers are current by the same rules. */
export function edgeDepsOf(verdicts: EdgeVerdicts) {
  const { attachment } = verdicts
  const { memory } = attachment
  return {
    verdicts,
    cache: {
      get epoch() {
        return memory.epoch
      },
      isCurrent: (epoch: number, of: { readonly id: string; readonly accountId: string }) =>
        memory.isCurrent(epoch, of, moment()),
      isLeaseExpired: () => !memory.holdsLease(moment()),
      monotonicMs: () => moment().monotonic,
    },
    now: () => attachment.wallTime(),
    get expiryWarningMs() {
      return attachment.expiryWarningMs
    },
    turns: new FairTurns(),
  }
}
