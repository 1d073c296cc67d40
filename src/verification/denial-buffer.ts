import { act } from '../acts/act.ts'
import type { ActDeps } from '../acts/deps.ts'
import type { AuditDraft } from '../domain/audit/audit-event.ts'
import { type Address, formatAddress } from '../domain/network/address.ts'
import { system } from '../domain/principal.ts'
import type { Attempt, DenialReason, Verdict } from '../domain/verdict.ts'
import { addDenials, type DenialRecord } from '../store/denials.ts'

/**
 * Denials of a key whose secret matched that its owner should know of: somebody still uses an ended
 * key, or uses it from another address.
 */
const reportedReasons: ReadonlySet<DenialReason> = new Set([
  'revoked',
  'disabled',
  'rotated',
  'expired',
  'address_not_allowed',
])

const hourMs = 60 * 60 * 1000

/** Beyond this many, new denials are not counted until the next flush. */
const maxPending = 10_000

interface Pending extends DenialRecord {
  clientIp: string | null
  count: number
}

/**
 * Counts denials of authentic keys in memory, by key, reason and hour, and writes them in batches:
 * a denial costs its request no statement. The first denial of each hour makes an audit event.
 * Counts since the last flush are lost with a process that is killed.
 */
export class DenialBuffer {
  #pending = new Map<string, Pending>()
  #flushing: Promise<void> = Promise.resolve()

  get size(): number {
    return this.#pending.size
  }

  record(verdict: Verdict, attempt: Attempt, now: Date): void {
    if (verdict.valid || verdict.key === undefined || !reportedReasons.has(verdict.reason)) return
    const { reason, key } = verdict
    const hours = Math.floor(now.getTime() / hourMs)
    const name = `${key.id} ${reason} ${hours}`
    const known = this.#pending.get(name)
    if (known !== undefined) {
      known.count += 1
      known.clientIp ??= textOf(attempt.address)
      return
    }
    if (this.#pending.size >= maxPending) return
    this.#pending.set(name, {
      apiKeyId: key.id,
      accountId: key.accountId,
      keyName: key.name,
      reason,
      hour: new Date(hours * hourMs),
      clientIp: textOf(attempt.address),
      count: 1,
    })
  }

  /**
   * Writes the counts, after any flush under way. When that fails, the counts are kept for the next
   * flush.
   */
  flush(deps: ActDeps): Promise<void> {
    const flushed = this.#flushing.then(() => this.#writePending(deps))
    this.#flushing = flushed.catch(() => undefined)
    return flushed
  }

  async #writePending(deps: ActDeps): Promise<void> {
    if (this.#pending.size === 0) return
    const batch = this.#pending
    this.#pending = new Map()
    try {
      await act(deps, system, {}, async ({ trx }) => {
        const first = await addDenials(trx, [...batch.values()])
        return { result: undefined, events: first.map(eventOf) }
      })
    } catch (error) {
      for (const [name, record] of batch) {
        const since = this.#pending.get(name)?.count ?? 0
        this.#pending.set(name, { ...record, count: record.count + since })
      }
      throw error
    }
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
