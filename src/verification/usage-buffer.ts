import type { UsageCounts } from '../domain/key/usage-counts.ts'
import type { Database } from '../store/database.ts'
import { addUses } from '../store/usage.ts'
import { FlushQueue } from './flush-queue.ts'

/**
 * Counts uses in memory and writes them in batches: a verification writes nothing. Counts since the
 * last flush are lost with a process that is killed.
 */
export class UsageBuffer {
  /**
   * The counts that are not zero. A key may have several: one for each form of its token, and those
   * of evicted cache entries.
   */
  #pending: UsageCounts[] = []
  /** The counts of a flush that is under way. */
  #writing: readonly UsageCounts[] = []
  readonly #flushes = new FlushQueue()

  get size(): number {
    return this.#pending.length
  }

  /** The uses that are not known to be written. */
  get count(): number {
    return [...this.#pending, ...this.#writing].reduce((sum, { count }) => sum + count, 0)
  }

  record(uses: UsageCounts, now: Date): void {
    if (uses.count === 0) this.#pending.push(uses)
    uses.lastUsedAtMs = now.getTime()
    uses.count += 1
  }

  /** Uses that another process counted. */
  add(uses: Readonly<UsageCounts>): void {
    this.#pending.push({ ...uses })
  }

  /**
   * Writes the counts, after any flush under way. When that fails, the counts are kept for the next
   * flush.
   */
  flush(db: Database): Promise<void> {
    return this.#flushes.run(() => this.#writePending(db))
  }

  async #writePending(db: Database): Promise<void> {
    const batch = takeSums(this.#pending)
    this.#pending = []
    this.#writing = batch
    try {
      await addUses(db, batch)
    } catch (error) {
      for (const sum of batch) this.#pending.push(sum)
      throw error
    } finally {
      this.#writing = []
    }
  }
}

/** The sum of each key's counts; resets the counts. */
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
