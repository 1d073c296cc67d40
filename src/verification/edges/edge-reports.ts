import { LRUCache } from 'lru-cache'
import type { Report, ReportedDenials, ReportedUses } from '../../domain/edge/edge-message.ts'
import { parseAddress } from '../../domain/network/address.ts'
import type { Database } from '../../store/database.ts'
import { findReportedKeys, type ReportedKey } from '../../store/reported-keys.ts'
import type { DenialBuffer } from '../denial-buffer.ts'
import type { UsageBuffer } from '../usage-buffer.ts'

/** Keys and reasons that await a flush. Beyond it the edges keep their reports. */
const maxPending = 20_000
/** The edges whose last report is known, so that a repeated one counts once. */
const maxEdges = 10_000

interface ReportsDeps {
  readonly db: Database
  readonly now: () => Date
  readonly uses: Pick<UsageBuffer, 'add'>
  readonly denials: Pick<DenialBuffer, 'add'>
}

/**
 * The uses and denials that edges counted, until the next flush. An edge is believed about its
 * counts, which are its own, and about nothing else: the account and the name of a key are read
 * from the database, and no time lies in the future.
 */
export class EdgeReports {
  readonly #lastOf = new LRUCache<string, number>({ max: maxEdges })
  #uses: ReportedUses[] = []
  #denials: ReportedDenials[] = []

  get size(): number {
    return this.#uses.length + this.#denials.length
  }

  /** False: there is no place for it now, and the edge keeps it. */
  add(edge: string, { number, uses, denials }: Report): boolean {
    if (number <= (this.#lastOf.get(edge) ?? 0)) return true
    if (this.size + uses.length + denials.length > maxPending) return false
    this.#lastOf.set(edge, number)
    this.#uses.push(...uses)
    this.#denials.push(...denials)
    return true
  }

  /** Hands the counts to the buffers of this instance. On failure they stay for the next flush. */
  async flush({ db, now, uses, denials }: ReportsDeps): Promise<void> {
    if (this.size === 0) return
    const [used, denied] = [this.#uses, this.#denials]
    this.#uses = []
    this.#denials = []
    try {
      const ids = new Set([...used, ...denied].map(({ apiKeyId }) => apiKeyId.toLowerCase()))
      const keys = await findReportedKeys(db, [...ids])
      const nowMs = now().getTime()
      for (const [key, { count, lastUsedAtMs }] of known(keys, used)) {
        uses.add({
          apiKeyId: key.id,
          accountId: key.accountId,
          keyCreatedAtMs: key.createdAt.getTime(),
          lastUsedAtMs: Math.min(lastUsedAtMs, nowMs),
          count,
        })
      }
      for (const [key, denial] of known(keys, denied)) {
        const { reason, clientIp, count, lastDeniedAtMs } = denial
        const address = clientIp === undefined ? undefined : parseAddress(clientIp)
        denials.add(key, { reason, address, count }, new Date(Math.min(lastDeniedAtMs, nowMs)))
      }
    } catch (error) {
      this.#uses.push(...used)
      this.#denials.push(...denied)
      throw error
    }
  }
}

/** Each entry with its key; what names no key is dropped. */
function known<Entry extends { readonly apiKeyId: string }>(
  keys: ReadonlyMap<string, ReportedKey>,
  entries: readonly Entry[],
): readonly (readonly [ReportedKey, Entry])[] {
  return entries.flatMap((entry) => {
    const key = keys.get(entry.apiKeyId.toLowerCase())
    return key === undefined ? [] : [[key, entry] as const]
  })
}
