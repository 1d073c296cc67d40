import type fc from 'fast-check'
import { cutOff } from './cut-off.ts'
import { acknowledgeBeforeApplying } from './mutants/acknowledge-before-applying.ts'
import { blindDelete } from './mutants/blind-delete.ts'
import { clocksCompared } from './mutants/clocks-compared.ts'
import { deathInferred } from './mutants/death-inferred.ts'
import { earlyFills } from './mutants/early-fills.ts'
import { endAsATime } from './mutants/end-as-a-time.ts'
import { failureTimeoutFromTheSend } from './mutants/failure-timeout-from-the-send.ts'
import { failureTimeoutWithoutMargin } from './mutants/failure-timeout-without-margin.ts'
import { historiesUncompared } from './mutants/histories-uncompared.ts'
import { ignoresEviction } from './mutants/ignores-eviction.ts'
import { ignoresHistory } from './mutants/ignores-history.ts'
import { joinedReadsUnchecked } from './mutants/joined-reads-unchecked.ts'
import { joinsWithoutLease } from './mutants/joins-without-lease.ts'
import { keepsConnections } from './mutants/keeps-connections.ts'
import { leaseBeforeTheHeartbeat } from './mutants/lease-before-the-heartbeat.ts'
import { leaseFromTheAnswer } from './mutants/lease-from-the-answer.ts'
import { leaseWithoutMargin } from './mutants/lease-without-margin.ts'
import { monotonicClockAlone } from './mutants/monotonic-clock-alone.ts'
import { noEpochs } from './mutants/no-epochs.ts'
import { oldProof } from './mutants/old-proof.ts'
import { oneId } from './mutants/one-id.ts'
import { proofElsewhere } from './mutants/proof-elsewhere.ts'
import { receiptFromOutside } from './mutants/receipt-from-outside.ts'
import { receiptWhileRegistering } from './mutants/receipt-while-registering.ts'
import { revisionsByNumber } from './mutants/revisions-by-number.ts'
import { skipsUnknownKinds } from './mutants/skips-unknown-kinds.ts'
import { trustAfterRestore } from './mutants/trust-after-restore.ts'
import { trustsAStandby } from './mutants/trusts-a-standby.ts'
import { twoReads } from './mutants/two-reads.ts'
import { unprovedReads } from './mutants/unproved-reads.ts'
import { wallClockAlone } from './mutants/wall-clock-alone.ts'
import type { Protocol } from './protocol.ts'
import { restoredWhileEvicted } from './restored-while-evicted.ts'
import type { Schedule } from './schedule.ts'
import { anything, everySchedule } from './schedules.ts'

/** The protocol with one rule taken out. */
export interface Mutant {
  readonly name: string
  readonly protocol: Protocol
  /** Schedules in which the rule matters. */
  readonly schedules: fc.Arbitrary<Schedule>
}

export const mutants: readonly Mutant[] = [
  {
    name: 'no margin between the lease and the staleness',
    protocol: leaseWithoutMargin,
    schedules: cutOff(),
  },
  {
    name: 'no margin between the lease and the watch',
    protocol: failureTimeoutWithoutMargin,
    schedules: cutOff(),
  },
  { name: 'the counter and the rows in two reads', protocol: twoReads, schedules: everySchedule },
  { name: 't0 taken after the statement', protocol: leaseFromTheAnswer, schedules: cutOff() },
  {
    name: 'the lease before its beat is confirmed',
    protocol: leaseBeforeTheHeartbeat,
    schedules: cutOff({ by: 'stop', stormAt: 0, lasts: 12 }),
  },
  {
    name: 'a beat that hits no row is ignored',
    protocol: ignoresEviction,
    schedules: everySchedule,
  },
  {
    name: 'acknowledge before applying',
    protocol: acknowledgeBeforeApplying,
    schedules: everySchedule,
  },
  {
    name: 'fills from before the first lease are kept',
    protocol: earlyFills,
    schedules: everySchedule,
  },
  { name: 'no fence', protocol: noEpochs, schedules: everySchedule },
  {
    name: 'a joined read that was overtaken answers',
    protocol: joinedReadsUnchecked,
    schedules: everySchedule,
  },
  {
    name: 'joining a read while the cache is silent',
    protocol: joinsWithoutLease,
    schedules: anything({ stop: 15, act: 20 }),
  },
  { name: 'a standby is believed', protocol: trustsAStandby, schedules: everySchedule },
  {
    name: 'an unknown kind of change is passed over',
    protocol: skipsUnknownKinds,
    schedules: everySchedule,
  },
  { name: 'an end written as a time', protocol: endAsATime, schedules: everySchedule },
  { name: 'the wall clock alone', protocol: wallClockAlone, schedules: everySchedule },
  { name: 'the monotonic clock alone', protocol: monotonicClockAlone, schedules: everySchedule },
  { name: "two machines' clocks compared", protocol: clocksCompared, schedules: everySchedule },
  {
    name: 'death inferred in memory',
    protocol: deathInferred,
    schedules: cutOff({ by: 'stop', stormAt: 0 }),
  },
  {
    name: 'a blind delete',
    protocol: blindDelete,
    schedules: cutOff({ by: 'stop', stormAt: 1, lasts: 12 }),
  },
  {
    name: 'the watch timed from the send',
    protocol: failureTimeoutFromTheSend,
    schedules: cutOff({ by: 'partition' }),
  },
  {
    name: 'one id for every registration of a process',
    protocol: oneId,
    schedules: cutOff({ by: 'stop', stormAt: 0, lasts: 14, actsFor: 20 }),
  },
  {
    name: 'another history followed as if it were the same',
    protocol: ignoresHistory,
    schedules: everySchedule,
  },
  {
    name: 'instances believed right after a restore',
    protocol: trustAfterRestore,
    schedules: anything({ restore: 6, act: 20 }),
  },
  {
    name: 'revisions remembered by number',
    protocol: revisionsByNumber,
    schedules: anything({ restore: 6, act: 20 }),
  },
  {
    name: 'receipts by those who are not registered',
    protocol: receiptFromOutside,
    schedules: restoredWhileEvicted,
  },
  {
    name: 'receipts by those who are registering',
    protocol: receiptWhileRegistering,
    schedules: restoredWhileEvicted,
  },
  {
    name: 'connections from before a promotion are kept',
    protocol: keepsConnections,
    schedules: anything({ promote: 6, act: 20 }),
  },
  {
    name: 'a new connection to a deposed primary is used',
    protocol: historiesUncompared,
    schedules: anything({ promote: 6, act: 20 }),
  },
  {
    name: 'a read without a lease that no commit proves',
    protocol: unprovedReads,
    schedules: anything({ promote: 6, act: 20 }),
  },
  {
    name: 'a read that is proved on another connection',
    protocol: proofElsewhere,
    schedules: anything({ promote: 6, act: 20 }),
  },
  {
    name: 'a read that is proved by an earlier commit',
    protocol: oldProof,
    schedules: anything({ promote: 6, act: 20 }),
  },
]
