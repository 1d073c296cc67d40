import type { Database } from '../store/database.ts'
import { addUses, type UseRecord } from '../store/usage.ts'

interface Pending {
  readonly apiKeyId: string
  readonly accountId: string
  lastUsedAtMs: number
  count: number
}

/**
 * Counts uses in memory and writes them in batches: a verification writes nothing. What was counted
 * since the last flush is lost with a process that is killed.
 */
export class UseRecords {
  #pending = new Map<string, Pending>()
  #flushing: Promise<void> = Promise.resolve()

  get size(): number {
    return this.#pending.size
  }

  record(key: { readonly id: string; readonly accountId: string }, now: Date): void {
    const known = this.#pending.get(key.id)
    if (known === undefined) {
      const { id: apiKeyId, accountId } = key
      this.#pending.set(apiKeyId, { apiKeyId, accountId, lastUsedAtMs: now.getTime(), count: 1 })
      return
    }
    known.lastUsedAtMs = now.getTime()
    known.count += 1
  }

  /** Writes what was counted, after any flush under way. On failure nothing is lost: it is counted with the next. */
  flush(db: Database): Promise<void> {
    const flushed = this.#flushing.then(() => this.#writePending(db))
    this.#flushing = flushed.catch(() => undefined)
    return flushed
  }

  async #writePending(db: Database): Promise<void> {
    const batch = this.#pending
    this.#pending = new Map()
    try {
      await addUses(db, Array.from(batch.values(), toRecord))
    } catch (error) {
      for (const use of batch.values()) this.#restore(use)
      throw error
    }
  }

  #restore(use: Pending): void {
    const since = this.#pending.get(use.apiKeyId)
    this.#pending.set(use.apiKeyId, {
      ...use,
      lastUsedAtMs: since?.lastUsedAtMs ?? use.lastUsedAtMs,
      count: use.count + (since?.count ?? 0),
    })
  }
}

function toRecord({ lastUsedAtMs, ...use }: Pending): UseRecord {
  return { ...use, lastUsedAt: new Date(lastUsedAtMs) }
}
