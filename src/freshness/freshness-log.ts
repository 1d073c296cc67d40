import type { HistoryChange } from '../domain/protocol/history.ts'
import type { Log } from '../store/log.ts'

type FollowerLog = Pick<Log, 'info' | 'warn'>

/**
 * How many different causes are logged while sync cycles fail: some causes name a port or a time.
 */
const maxCauses = 5

/** What changed, and whether the history before goes on in the new one. */
const historyMessages: Readonly<
  Record<HistoryChange, { readonly continues: string; readonly breaks: string }>
> = {
  restart: {
    continues: 'the database restarted, and holds all changes that this instance has applied',
    breaks:
      'the database restarted; receipts complete only by time for one failure timeout, because a restore in place looks the same',
  },
  other_history: {
    continues:
      'the history of the database changed (failover), and holds all changes that this instance has applied',
    breaks:
      'the history of the database changed (restore or failover); acknowledged changes may be lost',
  },
}

/**
 * The log lines of a follower: about a state when it changes, and about a failure once, not in
 * every cycle.
 */
export class FreshnessLog {
  readonly #log: FollowerLog
  /** What has been logged since the latest confirmed sync cycle. */
  readonly #causes = new Set<string>()
  #cause: string | undefined
  #failures = 0
  #failingSince = 0
  #holds: boolean | undefined
  #withoutLeaseSince = 0
  #doStalenessesDiffer = false

  constructor(log: FollowerLog) {
    this.#log = log
  }

  /** `now` is monotonic, here and below. */
  cycleFailed(error: unknown, now: number): void {
    if (this.#failures === 0) this.#failingSince = now
    this.#failures += 1
    this.#cause = causeOf(error)
    if (this.#causes.has(this.#cause) || this.#causes.size >= maxCauses) return
    this.#causes.add(this.#cause)
    this.#log.warn({ err: error }, 'a sync cycle of the change feed failed')
  }

  cycleConfirmed(now: number): void {
    this.#cause = undefined
    if (this.#failures === 0) return
    const failingMs = Math.round(now - this.#failingSince)
    this.#log.info(
      { failures: this.#failures, failing_ms: failingMs },
      'the sync cycles of the change feed succeed again',
    )
    this.#failures = 0
    this.#causes.clear()
  }

  /** Registered, and not known to all. */
  waiting(): void {
    this.#cause = 'Another instance has not applied the registration of this one yet.'
  }

  /** Not registered, because of what `stalenesses` logged. */
  standingBy(): void {
    this.#cause = 'MAX_STALENESS_MS differs on a live instance.'
  }

  /** Logs that other live instances run with another MAX_STALENESS_MS, once until they agree. */
  stalenesses(here: number, there: ReadonlySet<number>): void {
    if (there.size > 0 && !this.#doStalenessesDiffer) {
      this.#log.warn(
        { here, there: [...there] },
        'MAX_STALENESS_MS differs between live instances; until they agree, an instance that is not registered reads the database for every verification',
      )
    }
    this.#doStalenessesDiffer = there.size > 0
  }

  evictedAnother(instance: string): void {
    this.#log.warn({ instance }, 'evicted an unresponsive instance')
  }

  deregistrationFailed(error: unknown): void {
    this.#log.warn({ err: error }, 'failed to deregister this instance')
  }

  evicted(instance: string): void {
    this.#cause = 'Another instance evicted this instance.'
    this.#log.warn({ instance }, 'another instance evicted this instance; registering again')
  }

  historyChanged(change: HistoryChange, applied: number, continues: boolean): void {
    this.#cause =
      change === 'restart' ? 'The database restarted.' : 'The history of the database changed.'
    const messages = historyMessages[change]
    this.#log.warn({ applied }, continues ? messages.continues : messages.breaks)
  }

  /** Logs whether the lease holds when that has changed. */
  lease(holds: boolean, instance: string | undefined, now: number): void {
    const before = this.#holds
    if (holds === before) return
    this.#holds = holds
    if (!holds) {
      this.#withoutLeaseSince = now
      const when = before === undefined ? 'no lease yet' : 'the lease expired'
      this.#log.warn(
        { instance, cause: this.#cause },
        `${when}: every verification reads the database`,
      )
      return
    }
    if (before === undefined) {
      this.#log.info({ instance }, 'lease acquired: verifications are answered from memory')
      return
    }
    const expiredMs = Math.round(now - this.#withoutLeaseSince)
    this.#log.info(
      { instance, expired_ms: expiredMs },
      'lease acquired again: verifications are answered from memory',
    )
  }
}

/**
 * A host with several addresses fails with one error for each, wrapped in an error without a
 * message.
 */
function causeOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(causeOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}
