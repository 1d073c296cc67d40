import type { UsageCounts } from '../domain/key/usage-counts.ts'
import type { Database } from '../store/database.ts'
import { addUses } from '../store/usage.ts'

/**
 * Counts uses in memory and writes them in batches: a verification writes nothing. What was counted
 * since the last flush is lost with a process that is killed.
 */
export class UsageBuffer {
  /** Those with uses. Of a key there may be several: one for each form of its token, and of entries that are gone. */
  #pending: UsageCounts[] = []
  #flushing: Promise<void> = Promise.resolve()

  get size(): number {
    return this.#pending.length
  }

  record(uses: UsageCounts, now: Date): void {
    if (uses.count === 0) this.#pending.push(uses)
    uses.lastUsedAtMs = now.getTime()
    uses.count += 1
  }

  /** Writes what was counted, after any flush under way. On failure nothing is lost: it is counted with the next. */
  flush(db: Database): Promise<void> {
    const flushed = this.#flushing.then(() => this.#writePending(db))
    this.#flushing = flushed.catch(() => undefined)
    return flushed
  }

  async #writePending(db: Database): Promise<void> {
    const batch = takeSums(this.#pending)
    this.#pending = []
    try {
      await addUses(db, batch)
    } catch (error) {
      for (const sum of batch) this.#pending.push(sum)
      throw error
    }
  }
}

/** The sum for each key; what was summed counts from nothing again. */
function takeSums(pending: readonly UsageCounts[]): readonly UsageCounts[] {
  const sums = new Map<string, UsageCounts>()
  for (const uses of pending) {
    const sum = sums.get(uses.apiKeyId)
    if (sum === undefined) {
      sums.set(uses.apiKeyId, { ...uses })
    } else {
      sum.lastUsedAtMs = Math.max(sum.lastUsedAtMs, uses.lastUsedAtMs)
      sum.count += uses.count
    }
    uses.count = 0
  }
  return [...sums.values()]
}
