import type { Logger } from 'pino'
import { act } from '../acts/act.ts'
import type { ActDeps } from '../acts/deps.ts'
import type { AuditDraft } from '../domain/audit/audit-event.ts'
import type { Address } from '../domain/network/address.ts'
import { formatAddress } from '../domain/network/format-address.ts'
import { system } from '../domain/principal.ts'
import type { Attempt, DenialReason, KeyFacts, Verdict } from '../domain/verdict.ts'
import { addDenials, type DenialRecord } from '../store/denials.ts'
import { DenialCounts } from './denial-counts.ts'
import { FlushQueue } from './flush-queue.ts'

/**
 * The reasons of denials that the owner of a key should know of: a client still uses an ended key,
 * or uses the key from another address.
 */
const reportedReasons: ReadonlySet<DenialReason> = new Set([
  'revoked',
  'disabled',
  'rotated',
  'expired',
  'address_not_allowed',
])

const hourMs = 60 * 60 * 1000

/** Combinations of key, reason and hour that await a flush. */
const defaultMaxPending = 10_000

/** How many accounts a log line about dropped denials names. */
const maxAccountsLogged = 10

type DeniedKey = Pick<KeyFacts, 'id' | 'accountId' | 'name'>

interface Denials {
  readonly reason: DenialReason
  readonly address: Address | undefined
  readonly count: number
}

type FlushDeps = ActDeps & { readonly log: Pick<Logger, 'warn'> }

/**
 * Counts denials of authentic keys in memory, by key, reason and hour, and writes them in batches:
 * a denial costs the request no statement. The first denial of each hour writes an event. Denials
 * counted since the last flush are lost with a process that is killed. The places are shared fairly
 * between accounts; what finds no place is counted as dropped, and logged at the next flush.
 */
export class DenialBuffer {
  readonly #maxPending: number
  #pending: DenialCounts
  readonly #flushes = new FlushQueue()
  #dropped = 0
  /** Since the last log line, by account. */
  readonly #droppedLately = new Map<string, number>()

  constructor(maxPending = defaultMaxPending) {
    this.#maxPending = maxPending
    this.#pending = new DenialCounts(maxPending)
  }

  get size(): number {
    return this.#pending.size
  }

  /** Denials that were not recorded because too many others awaited a flush. */
  get dropped(): number {
    return this.#dropped
  }

  record(verdict: Verdict, attempt: Attempt, now: Date): void {
    if (verdict.valid || verdict.key === undefined) return
    this.add(verdict.key, { reason: verdict.reason, address: attempt.address, count: 1 }, now)
  }

  /** Denials of a key, which this process or another one has counted. */
  add(key: DeniedKey, { reason, address, count }: Denials, lastAt: Date): void {
    if (!reportedReasons.has(reason)) return
    this.#add({
      apiKeyId: key.id,
      accountId: key.accountId,
      keyName: key.name,
      reason,
      hour: new Date(Math.floor(lastAt.getTime() / hourMs) * hourMs),
      clientIp: textOf(address),
      count,
    })
  }

  /**
   * Writes the counts, after any flush under way. On failure the counts stay and are written with
   * the next flush.
   */
  flush(deps: FlushDeps): Promise<void> {
    return this.#flushes.run(() => this.#writePending(deps))
  }

  #add(denial: DenialRecord): void {
    const displaced = this.#pending.add(denial)
    if (displaced === undefined) return
    const { accountId, count } = displaced
    this.#dropped += count
    this.#droppedLately.set(accountId, (this.#droppedLately.get(accountId) ?? 0) + count)
  }

  async #writePending(deps: FlushDeps): Promise<void> {
    this.#logDropped(deps)
    if (this.#pending.size === 0) return
    const { records } = this.#pending
    this.#pending = new DenialCounts(this.#maxPending)
    try {
      await act(deps, system, {}, async ({ trx }) => {
        const first = await addDenials(trx, records)
        return { result: undefined, events: first.map(eventOf) }
      })
    } catch (error) {
      for (const record of records) this.#add(record)
      throw error
    }
  }

  #logDropped({ log }: FlushDeps): void {
    if (this.#droppedLately.size === 0) return
    const byCount = [...this.#droppedLately].sort(([, a], [, b]) => b - a)
    const denials = byCount.reduce((sum, [, count]) => sum + count, 0)
    const account_ids = byCount.slice(0, maxAccountsLogged).map(([accountId]) => accountId)
    this.#droppedLately.clear()
    log.warn(
      { denials, accounts: byCount.length, account_ids },
      'denials were dropped because too many awaited a flush; the audit log lacks their events',
    )
  }
}

function textOf(address: Address | undefined): string | null {
  return address === undefined ? null : formatAddress(address)
}

function eventOf(denial: DenialRecord): AuditDraft {
  return {
    accountId: denial.accountId,
    action: 'api_key.denied',
    resource: { type: 'api_key', id: denial.apiKeyId, name: denial.keyName },
    before: null,
    after: {
      reason: denial.reason,
      hour: denial.hour.toISOString(),
      // The count so far: the event is written once, while the hour may continue.
      count: denial.count,
      client_ip: denial.clientIp,
    },
  }
}
