import type { Database } from '../../store/database.ts'
import { retryWhileLosing } from '../../store/retry.ts'
import { recordSessionUses } from '../../store/sessions.ts'
import { FlushQueue } from '../flush-queue.ts'

/**
 * Remembers when sessions were used last, and writes it in batches: a request writes nothing. Until
 * the next flush other instances know an earlier use, and a process that is killed loses it; a
 * session may then end as idle that much too early, and never too late.
 */
export class SessionUses {
  #pending = new Map<string, number>()
  readonly #flushes = new FlushQueue()

  /** The sessions of which a use is not known to be written. */
  get size(): number {
    return this.#pending.size
  }

  record(sessionId: string, now: Date): void {
    this.#pending.set(sessionId, now.getTime())
  }

  /** The last use that is not written yet; undefined: the database knows all of them. */
  lastOf(sessionId: string): number | undefined {
    return this.#pending.get(sessionId)
  }

  /** Writes the uses, after any flush under way. When that fails, the next flush writes them. */
  flush(db: Database): Promise<void> {
    return this.#flushes.run(() => this.#writePending(db))
  }

  async #writePending(db: Database): Promise<void> {
    const written = new Map(this.#pending)
    const uses = [...written].map(([id, at]) => ({ id, at: new Date(at) }))
    await retryWhileLosing(() => recordSessionUses(db, uses))
    for (const [id, at] of written) {
      if (this.#pending.get(id) === at) this.#pending.delete(id)
    }
  }
}
