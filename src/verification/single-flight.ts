import { ServiceError } from '../errors.ts'

/**
 * Shares work under way among callers that ask for the same key at the same time. Beyond `max` keys
 * at once, a new one is refused (`overloaded`).
 */
export class SingleFlight<T> {
  readonly #max: number
  readonly #underWay = new Map<string, Promise<T>>()

  constructor(max: number) {
    this.#max = max
  }

  get size(): number {
    return this.#underWay.size
  }

  isUnderWay(key: string): boolean {
    return this.#underWay.has(key)
  }

  find(key: string): Promise<T> | undefined {
    return this.#underWay.get(key)
  }

  /** Starts the work anew. Callers from now on join this one. */
  start(key: string, work: () => Promise<T>): Promise<T> {
    if (this.#underWay.size >= this.#max && !this.#underWay.has(key)) {
      return Promise.reject(
        new ServiceError(
          'overloaded',
          'Too many first verifications are in progress. Try again later.',
        ),
      )
    }
    const execution = work().finally(() => {
      if (this.#underWay.get(key) === execution) this.#underWay.delete(key)
    })
    this.#underWay.set(key, execution)
    return execution
  }

  /** Joins the work under way, or starts it. */
  share(key: string, work: () => Promise<T>): Promise<T> {
    return this.#underWay.get(key) ?? this.start(key, work)
  }
}
