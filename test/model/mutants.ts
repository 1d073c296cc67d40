import type fc from 'fast-check'
import { cutOff } from './cut-off.ts'
import {
  lateKeys,
  newCredentials,
  newTagKeys,
  underFire,
  withOldEdges,
} from './edges/under-fire.ts'
import { acknowledgeBeforeApplying } from './mutants/acknowledge-before-applying.ts'
import { acknowledgesOldTagKeys } from './mutants/acknowledges-old-tag-keys.ts'
import { blindDelete } from './mutants/blind-delete.ts'
import { clocksCompared } from './mutants/clocks-compared.ts'
import { continuesWithItsCache } from './mutants/continues-with-its-cache.ts'
import { continuesWithoutLease } from './mutants/continues-without-lease.ts'
import { continuesWithoutPosition } from './mutants/continues-without-position.ts'
import { deathInferred } from './mutants/death-inferred.ts'
import { earlyLoads } from './mutants/early-loads.ts'
import { edgeAbsenceWithoutLease } from './mutants/edge-absence-without-lease.ts'
import { edgeBareVerdictForLaterCalls } from './mutants/edge-bare-verdict-for-later-calls.ts'
import { edgeClosedIsGone } from './mutants/edge-closed-is-gone.ts'
import { edgeConfirmsAll } from './mutants/edge-confirms-all.ts'
import { edgeConfirmsBeforeApplying } from './mutants/edge-confirms-before-applying.ts'
import { edgeConfirmsRevisions } from './mutants/edge-confirms-revisions.ts'
import { edgeCountedWithoutMargin } from './mutants/edge-counted-without-margin.ts'
import { edgeDeniesWhenOverloaded } from './mutants/edge-denies-when-overloaded.ts'
import { edgeFactsUnchecked } from './mutants/edge-facts-unchecked.ts'
import { edgeForgottenWhenClosed } from './mutants/edge-forgotten-when-closed.ts'
import { edgeIgnoresSuspension } from './mutants/edge-ignores-suspension.ts'
import { edgeKeepsAnOldAbsence } from './mutants/edge-keeps-an-old-absence.ts'
import { edgeKeepsItsFacts } from './mutants/edge-keeps-its-facts.ts'
import { edgeLeaseFromTheLatestBeat } from './mutants/edge-lease-from-the-latest-beat.ts'
import { edgeLeaseNotNested } from './mutants/edge-lease-not-nested.ts'
import { edgeNeverGivenUp } from './mutants/edge-never-given-up.ts'
import { edgeNotSuspended } from './mutants/edge-not-suspended.ts'
import { edgeOfOlderRules } from './mutants/edge-of-older-rules.ts'
import { edgeRemembersAbsence } from './mutants/edge-remembers-absence.ts'
import { edgeRemembersAbsenceByKey } from './mutants/edge-remembers-absence-by-key.ts'
import { edgeRemembersAbsenceForLong } from './mutants/edge-remembers-absence-for-long.ts'
import { edgeUnrecordedFirstUse } from './mutants/edge-unrecorded-first-use.ts'
import { edgesNotReleased } from './mutants/edges-not-released.ts'
import { edgesNotWaitedFor } from './mutants/edges-not-waited-for.ts'
import { edgesToldBySyncCycles } from './mutants/edges-told-by-sync-cycles.ts'
import { edgesToldOfTagKeysEarly } from './mutants/edges-told-of-tag-keys-early.ts'
import { endAsATime } from './mutants/end-as-a-time.ts'
import { evictsByOwnStaleness } from './mutants/evicts-by-own-staleness.ts'
import { failureTimeoutFromTheSend } from './mutants/failure-timeout-from-the-send.ts'
import { failureTimeoutWithoutMargin } from './mutants/failure-timeout-without-margin.ts'
import { historiesUncompared } from './mutants/histories-uncompared.ts'
import { ignoresEviction } from './mutants/ignores-eviction.ts'
import { ignoresHistory } from './mutants/ignores-history.ts'
import { ignoresTagKeyChanges } from './mutants/ignores-tag-key-changes.ts'
import { joinedLoadsUnchecked } from './mutants/joined-loads-unchecked.ts'
import { joinsWithoutLease } from './mutants/joins-without-lease.ts'
import { keepsConnections } from './mutants/keeps-connections.ts'
import { leaseBeforeTheHeartbeat } from './mutants/lease-before-the-heartbeat.ts'
import { leaseFromTheAnswer } from './mutants/lease-from-the-answer.ts'
import { leaseOfAStranger } from './mutants/lease-of-a-stranger.ts'
import { leaseWithoutMargin } from './mutants/lease-without-margin.ts'
import { looksOnlyBeforeRegistering } from './mutants/looks-only-before-registering.ts'
import { monotonicClockAlone } from './mutants/monotonic-clock-alone.ts'
import { neverStandsBy } from './mutants/never-stands-by.ts'
import { noEpochs } from './mutants/no-epochs.ts'
import { observesAcrossConnections } from './mutants/observes-across-connections.ts'
import { oldProof } from './mutants/old-proof.ts'
import { oneId } from './mutants/one-id.ts'
import { proofElsewhere } from './mutants/proof-elsewhere.ts'
import { reapedAtOnce } from './mutants/reaped-at-once.ts'
import { receiptByOwnStaleness } from './mutants/receipt-by-own-staleness.ts'
import { receiptFromOutside } from './mutants/receipt-from-outside.ts'
import { receiptWhileRegistering } from './mutants/receipt-while-registering.ts'
import { refusesByOldTagKeys } from './mutants/refuses-by-old-tag-keys.ts'
import { regainsTrust } from './mutants/regains-trust.ts'
import { registersWithOldTagKeys } from './mutants/registers-with-old-tag-keys.ts'
import { revisionsByNumber } from './mutants/revisions-by-number.ts'
import { skipsGaps } from './mutants/skips-gaps.ts'
import { skipsUnknownKinds } from './mutants/skips-unknown-kinds.ts'
import { tagKeysAcknowledgedEarly } from './mutants/tag-keys-acknowledged-early.ts'
import { trustAfterRestore } from './mutants/trust-after-restore.ts'
import { trustsAStandby } from './mutants/trusts-a-standby.ts'
import { twoReads } from './mutants/two-reads.ts'
import { unnumberedRegistration } from './mutants/unnumbered-registration.ts'
import { unprovedReads } from './mutants/unproved-reads.ts'
import { wallClockAlone } from './mutants/wall-clock-alone.ts'
import type { Protocol } from './protocol.ts'
import { recoveredNearRegistration } from './recovered-near-registration.ts'
import { restoredWhileEvicted } from './restored-while-evicted.ts'
import type { Schedule } from './schedule.ts'
import { anything, everySchedule, withEdges } from './schedules.ts'
import { stalenessesDiffer } from './stalenesses-differ.ts'
import { unnoticedRestore } from './unnoticed-restore.ts'

/** The protocol with one rule taken out. */
export interface Mutant {
  readonly name: string
  readonly protocol: Protocol
  /** Schedules in which the rule matters. */
  readonly schedules: fc.Arbitrary<Schedule>
  /** The seed of the hunt, 1 when absent: another saves hundreds of schedules. */
  readonly seed?: number
  /**
   * The first schedule that is known to catch it, 1 when absent. The hunt begins there, and from
   * the beginning when that schedule catches it no more.
   */
  readonly caughtBy?: number
}

export const mutants: readonly Mutant[] = [
  {
    name: 'no margin between the lease and the staleness',
    protocol: leaseWithoutMargin,
    schedules: cutOff(),
    seed: 6,
  },
  {
    name: 'no margin between the lease and the failure timeout',
    protocol: failureTimeoutWithoutMargin,
    schedules: cutOff(),
    caughtBy: 23,
  },
  {
    name: 'the counter and the rows in two reads',
    protocol: twoReads,
    schedules: everySchedule,
    caughtBy: 63,
  },
  {
    name: 't0 taken after the statement',
    protocol: leaseFromTheAnswer,
    schedules: cutOff(),
    seed: 49,
    caughtBy: 32,
  },
  {
    name: 'the lease before its heartbeat is confirmed',
    protocol: leaseBeforeTheHeartbeat,
    schedules: cutOff({ by: 'stop', stormAt: 0, lasts: 12 }),
    caughtBy: 31,
  },
  {
    name: 'an acknowledgement that hits no row is ignored',
    protocol: ignoresEviction,
    schedules: everySchedule,
    caughtBy: 22,
  },
  {
    name: 'acknowledge before applying',
    protocol: acknowledgeBeforeApplying,
    schedules: everySchedule,
    caughtBy: 6,
  },
  {
    name: 'loads from before the first lease are kept',
    protocol: earlyLoads,
    schedules: everySchedule,
    caughtBy: 32,
  },
  { name: 'no invalidation epochs', protocol: noEpochs, schedules: everySchedule, caughtBy: 6 },
  {
    name: 'a joined load that was invalidated answers',
    protocol: joinedLoadsUnchecked,
    schedules: everySchedule,
    caughtBy: 19,
  },
  {
    name: 'joining a load while the lease is expired',
    protocol: joinsWithoutLease,
    schedules: anything({ stop: 15, act: 20 }),
    seed: 3,
    caughtBy: 501,
  },
  {
    name: 'a standby is believed',
    protocol: trustsAStandby,
    schedules: everySchedule,
    caughtBy: 526,
  },
  {
    name: 'an unknown kind of change is skipped',
    protocol: skipsUnknownKinds,
    schedules: everySchedule,
    caughtBy: 42,
  },
  { name: 'an end written as a time', protocol: endAsATime, schedules: everySchedule },
  {
    name: 'the wall clock alone',
    protocol: wallClockAlone,
    schedules: everySchedule,
    caughtBy: 29,
  },
  {
    name: 'the monotonic clock alone',
    protocol: monotonicClockAlone,
    schedules: everySchedule,
    caughtBy: 8,
  },
  { name: "two machines' clocks compared", protocol: clocksCompared, schedules: everySchedule },
  {
    name: 'death inferred in memory',
    protocol: deathInferred,
    schedules: cutOff({ by: 'stop', stormAt: 0 }),
    seed: 25,
    caughtBy: 50,
  },
  {
    name: 'a blind delete',
    protocol: blindDelete,
    schedules: cutOff({ by: 'stop', stormAt: 1, lasts: 12 }),
    caughtBy: 1248,
  },
  {
    name: 'the failure timeout timed from the send',
    protocol: failureTimeoutFromTheSend,
    schedules: cutOff({ by: 'partition', lasts: 12.5 }),
    seed: 34,
    caughtBy: 2667,
  },
  {
    name: 'one id for every registration of a process',
    protocol: oneId,
    schedules: cutOff({ by: 'stop', stormAt: 0, lasts: 14, actsFor: 20 }),
    seed: 20,
    caughtBy: 4246,
  },
  {
    name: 'another history followed as if it were the same',
    protocol: ignoresHistory,
    schedules: everySchedule,
    caughtBy: 14,
  },
  {
    name: 'instances believed right after a restore',
    protocol: trustAfterRestore,
    schedules: recoveredNearRegistration({ evaluatorIs: 'attached' }),
    caughtBy: 77,
  },
  {
    name: 'a lease before the other instances know of the registration',
    protocol: leaseOfAStranger,
    schedules: recoveredNearRegistration({ evaluatorIs: 'cut off' }),
    caughtBy: 5,
  },
  {
    name: 'a registration that takes no revision',
    protocol: unnumberedRegistration,
    schedules: recoveredNearRegistration({ evaluatorIs: 'cut off' }),
    caughtBy: 5,
  },
  {
    name: 'another history that does not hold the position is trusted',
    protocol: continuesWithoutPosition,
    schedules: recoveredNearRegistration({ evaluatorIs: 'attached' }),
    caughtBy: 42,
  },
  {
    name: 'another history is trusted after the lease has ended',
    protocol: continuesWithoutLease,
    schedules: recoveredNearRegistration({ evaluatorIs: 'evicted' }),
    caughtBy: 31,
  },
  {
    name: 'a restart after a restore brings trust back',
    protocol: regainsTrust,
    schedules: recoveredNearRegistration({ evaluatorIs: 'attached', isRestarted: true }),
    caughtBy: 83,
  },
  {
    name: 'a cache that is kept in another history',
    protocol: continuesWithItsCache,
    schedules: anything({ restore: 6, act: 20 }),
    seed: 23,
    caughtBy: 35,
  },
  {
    name: 'revisions remembered by number',
    protocol: revisionsByNumber,
    schedules: anything({ restore: 6, act: 20 }),
    caughtBy: 36,
  },
  {
    name: 'receipts by those who are not registered',
    protocol: receiptFromOutside,
    schedules: restoredWhileEvicted,
    caughtBy: 93,
  },
  {
    name: 'receipts by those who are registering',
    protocol: receiptWhileRegistering,
    schedules: restoredWhileEvicted,
    seed: 48,
    caughtBy: 384,
  },
  {
    name: 'connections from before a promotion are kept',
    protocol: keepsConnections,
    schedules: anything({ promote: 6, act: 20 }),
    caughtBy: 13,
  },
  {
    name: 'a new connection to a deposed primary is used',
    protocol: historiesUncompared,
    schedules: anything({ promote: 6, act: 20 }),
    caughtBy: 23,
  },
  {
    name: 'a read without a lease that no commit proves',
    protocol: unprovedReads,
    schedules: anything({ promote: 6, act: 20 }),
    caughtBy: 41,
  },
  {
    name: 'a read that is proved on another connection',
    protocol: proofElsewhere,
    schedules: anything({ promote: 6, act: 20 }),
    caughtBy: 11,
  },
  {
    name: 'a read that is proved by an earlier commit',
    protocol: oldProof,
    schedules: anything({ promote: 6, act: 20 }),
    caughtBy: 6,
  },
  {
    name: 'what was observed on a broken connection is kept',
    protocol: observesAcrossConnections,
    schedules: unnoticedRestore,
    caughtBy: 6,
  },
  { name: 'no instance stands by', protocol: neverStandsBy, schedules: stalenessesDiffer },
  {
    name: 'no second look at MAX_STALENESS_MS after registering',
    protocol: looksOnlyBeforeRegistering,
    schedules: stalenessesDiffer,
    caughtBy: 18,
  },
  {
    name: 'an eviction after the failure timeout of the observer',
    protocol: evictsByOwnStaleness,
    schedules: stalenessesDiffer,
    caughtBy: 10,
  },
  {
    name: 'a receipt after the failure timeout of the evaluator',
    protocol: receiptByOwnStaleness,
    schedules: stalenessesDiffer,
    caughtBy: 10,
  },
  {
    name: 'a registration with old tag keys',
    protocol: registersWithOldTagKeys,
    schedules: everySchedule,
    caughtBy: 69,
  },
  {
    name: 'an acknowledgement before the tag keys are reloaded',
    protocol: acknowledgesOldTagKeys,
    schedules: everySchedule,
    caughtBy: 9,
  },
  {
    name: 'a change of the tag keys is not followed',
    protocol: ignoresTagKeyChanges,
    schedules: everySchedule,
    caughtBy: 9,
  },
  {
    name: 'a refusal by old tag keys while the lease is expired',
    protocol: refusesByOldTagKeys,
    schedules: everySchedule,
    caughtBy: 13,
  },
  {
    name: 'a gap in the changes is skipped',
    protocol: skipsGaps,
    schedules: anything({ prune: 6, partition: 8, act: 25 }),
    caughtBy: 910,
  },
  {
    name: 'edges: facts that no longer answer are told',
    protocol: edgeFactsUnchecked,
    schedules: withEdges,
    caughtBy: 31,
  },
  {
    name: 'edges: a grant counts from the latest beat',
    protocol: edgeLeaseFromTheLatestBeat,
    schedules: underFire('acts'),
    caughtBy: 37,
  },
  {
    name: 'edges: a lease that outlasts that of the instance',
    protocol: edgeLeaseNotNested,
    schedules: withEdges,
    caughtBy: 108,
  },
  {
    name: 'edges: no margin between a lease and the time for which it counts',
    protocol: edgeCountedWithoutMargin,
    schedules: withEdges,
    caughtBy: 4331,
  },
  {
    name: 'edges: a closed stream counts as the end of the edge',
    protocol: edgeClosedIsGone,
    schedules: withEdges,
    caughtBy: 424,
  },
  {
    name: 'edges: a confirmation confirms all that was sent',
    protocol: edgeConfirmsAll,
    schedules: underFire('acts'),
    caughtBy: 508,
  },
  {
    name: 'edges: they confirm revisions',
    protocol: edgeConfirmsRevisions,
    schedules: underFire('acts'),
    caughtBy: 306,
  },
  {
    name: 'edges: what comes after the stream was lost need not be confirmed',
    protocol: edgeForgottenWhenClosed,
    schedules: withEdges,
    caughtBy: 224,
  },
  {
    name: 'edges: facts of an earlier stream are kept',
    protocol: edgeKeepsItsFacts,
    schedules: withEdges,
    caughtBy: 2,
  },
  {
    name: 'edges: confirmed before it is applied',
    protocol: edgeConfirmsBeforeApplying,
    schedules: withEdges,
    caughtBy: 24,
  },
  {
    name: 'edges: an acknowledgement does not wait for them',
    protocol: edgesNotWaitedFor,
    schedules: withEdges,
    caughtBy: 19,
  },
  {
    name: 'edges: told by sync cycles only',
    protocol: edgesToldBySyncCycles,
    schedules: withEdges,
    caughtBy: 45,
  },
  {
    name: 'edges: a row is deleted while they may answer',
    protocol: edgesNotReleased,
    schedules: underFire('shut_down'),
    seed: 5,
    caughtBy: 284,
  },
  {
    name: 'edges: the row of a worker is deleted as soon as it has ended',
    protocol: reapedAtOnce,
    schedules: underFire('kill'),
    caughtBy: 3,
  },
  {
    name: 'edges: a bare verdict answers calls that came after its question',
    protocol: edgeBareVerdictForLaterCalls,
    schedules: withEdges,
    caughtBy: 130,
  },
  {
    name: 'edges: an unknown token stays unknown for its second',
    protocol: edgeRemembersAbsence,
    schedules: newTagKeys,
    caughtBy: 90,
  },
  {
    name: 'edges: an unknown token is remembered, though something was invalidated meanwhile',
    protocol: edgeKeepsAnOldAbsence,
    schedules: lateKeys('imported'),
    caughtBy: 663,
  },
  {
    name: 'edges: an unknown token is remembered without a lease',
    protocol: edgeAbsenceWithoutLease,
    schedules: lateKeys('standby'),
    caughtBy: 75,
  },
  {
    name: 'edges: an unknown token is remembered for longer than a second',
    protocol: edgeRemembersAbsenceForLong,
    schedules: lateKeys('issued'),
  },
  {
    name: 'edges: an unknown token is remembered by its key',
    protocol: edgeRemembersAbsenceByKey,
    schedules: newTagKeys,
  },
  {
    name: 'edges: a token is unknown if too many questions are under way',
    protocol: edgeDeniesWhenOverloaded,
    schedules: newTagKeys,
  },
  {
    name: 'edges: told of a change of the tag keys before they are read again',
    protocol: edgesToldOfTagKeysEarly,
    schedules: newTagKeys,
    caughtBy: 38,
  },
  {
    name: 'edges: what they confirm before the tag keys are read again counts',
    protocol: tagKeysAcknowledgedEarly,
    schedules: withEdges,
    seed: 4245,
    caughtBy: 986,
  },
  {
    name: 'edges: an edge answers while its own key is judged anew',
    protocol: edgeIgnoresSuspension,
    schedules: underFire('keys'),
    caughtBy: 94,
  },
  {
    name: 'edges: a change of its own key does not suspend an edge',
    protocol: edgeNotSuspended,
    schedules: underFire('keys'),
  },
  {
    name: 'edges: one with older rules gets facts',
    protocol: edgeOfOlderRules,
    schedules: withOldEdges,
  },
  {
    name: 'edges: facts are told before the first use is recorded',
    protocol: edgeUnrecordedFirstUse,
    schedules: newCredentials,
    caughtBy: 6,
  },
  {
    name: 'edges: one that confirms nothing keeps its lease',
    protocol: edgeNeverGivenUp,
    schedules: underFire('acts'),
    caughtBy: 4,
  },
]
