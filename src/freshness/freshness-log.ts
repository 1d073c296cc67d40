import type { HistoryChange } from '../domain/protocol/history.ts'

export interface InstanceLog {
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
}

/** So many different causes are told while rounds fail; some name a port or a time. */
const maxCauses = 5

const historyMessages: Readonly<Record<HistoryChange, string>> = {
  restart:
    'the database restarted; receipts complete only by time for one failure timeout, because a restore in place looks the same',
  other_history:
    'the history of the database changed (restore or failover); acknowledged changes may be lost',
}

/** Tells of the change feed and of the lease when something changes, and of a failure once, not with every round. */
export class FreshnessLog {
  readonly #log: InstanceLog
  readonly #monotonicNow: () => number
  /** What has been told since the last round that was confirmed. */
  readonly #causes = new Set<string>()
  #cause: string | undefined
  #failures = 0
  #failingSince = 0
  #holds: boolean | undefined
  #unresponsiveSince = 0

  constructor(log: InstanceLog, monotonicNow: () => number) {
    this.#log = log
    this.#monotonicNow = monotonicNow
  }

  cycleFailed(error: unknown): void {
    if (this.#failures === 0) this.#failingSince = this.#monotonicNow()
    this.#failures += 1
    this.#cause = causeOf(error)
    if (this.#causes.has(this.#cause) || this.#causes.size >= maxCauses) return
    this.#causes.add(this.#cause)
    this.#log.warn({ err: error }, 'a sync cycle of the change feed failed')
  }

  cycleConfirmed(): void {
    this.#cause = undefined
    if (this.#failures === 0) return
    const failingMs = Math.round(this.#monotonicNow() - this.#failingSince)
    this.#log.info(
      { failures: this.#failures, failing_ms: failingMs },
      'the sync cycles of the change feed succeed again',
    )
    this.#failures = 0
    this.#causes.clear()
  }

  /** Not registered: somebody counts on another staleness, of which Evictions has told. */
  withheld(): void {
    this.#cause = 'MAX_STALENESS_MS differs on a live instance.'
  }

  evicted(instance: string): void {
    this.#cause = 'Another instance deregistered this instance.'
    this.#log.warn({ instance }, 'another instance deregistered this instance; registering again')
  }

  historyChanged(change: HistoryChange, applied: number): void {
    this.#cause =
      change === 'restart' ? 'The database restarted.' : 'The history of the database changed.'
    this.#log.warn({ applied }, historyMessages[change])
  }

  /** Whether the lease holds, as it is now: says so when that is new. */
  lease(holds: boolean, instance: string | undefined): void {
    const before = this.#holds
    if (holds === before) return
    this.#holds = holds
    if (!holds) {
      this.#unresponsiveSince = this.#monotonicNow()
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
    const silentMs = Math.round(this.#monotonicNow() - this.#unresponsiveSince)
    this.#log.info(
      { instance, silent_ms: silentMs },
      'lease acquired again: verifications are answered from memory',
    )
  }
}

/** A host with several addresses fails by one error for each, under one that says nothing. */
function causeOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(causeOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}
