import { ServiceError } from '../errors.ts'
import { ConnectionError } from './faults.ts'

export interface FairSemaphoreLimits {
  /** Permits in sum. */
  readonly max: number
  /** Permits that one account holds at once, at most. */
  readonly maxPerAccount: number
  /** Requests that wait, at most. */
  readonly maxWaiting: number
  /** How long a request waits, at most, in milliseconds. */
  readonly maxWaitMs: number
}

/** Gives a permit back. */
export type Release = () => void

interface Waiting {
  readonly grant: () => void
  readonly refuse: (reason: Error) => void
}

/** What one account holds and waits for, the oldest request first. */
interface Line {
  readonly account: string
  held: number
  readonly waiting: Waiting[]
}

/**
 * A counting semaphore that accounts share: each holds a bounded number of permits, and a permit
 * that is given back goes to the accounts in turn, one request each. An account that piles up
 * requests therefore delays another account by the requests that already hold permits, and by one
 * turn.
 *
 * While too many wait, the newest request of the account with the most waiting requests is refused
 * (`overloaded`): an account with nothing waiting is refused only when every waiting request is of
 * an account of its own. A request that waits too long fails as one that gets no connection: the
 * reason may be an outage as well as a flood.
 */
export class FairSemaphore {
  readonly #limits: FairSemaphoreLimits
  readonly #lines = new Map<string, Line>()
  /** The lines that wait and may hold more, in the order of their turns. */
  #turns: Line[] = []
  #held = 0
  #waiting = 0

  constructor(limits: FairSemaphoreLimits) {
    this.#limits = limits
  }

  get held(): number {
    return this.#held
  }

  get waiting(): number {
    return this.#waiting
  }

  /**
   * Resolves with a permit. Throws ServiceError `overloaded`, or ConnectionError after too long.
   */
  async acquire(account: string): Promise<Release> {
    const line = this.#lines.get(account) ?? { account, held: 0, waiting: [] }
    this.#lines.set(account, line)
    if (this.#held < this.#limits.max && this.#mayHoldMore(line)) this.#hold(line)
    else await this.#wait(line)
    let isReleased = false
    return () => {
      if (isReleased) return
      isReleased = true
      this.#release(line)
    }
  }

  #mayHoldMore(line: Line): boolean {
    return line.held < this.#limits.maxPerAccount
  }

  #hold(line: Line): void {
    line.held += 1
    this.#held += 1
  }

  async #wait(line: Line): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const tooLate = setTimeout(() => this.#refuse(line, waiting, tooLong()), this.#limits.maxWaitMs)
    const waiting: Waiting = {
      grant: () => {
        clearTimeout(tooLate)
        resolve()
      },
      refuse: (reason) => {
        clearTimeout(tooLate)
        reject(reason)
      },
    }
    line.waiting.push(waiting)
    this.#waiting += 1
    if (line.waiting.length === 1 && this.#mayHoldMore(line)) this.#turns.push(line)
    if (this.#waiting > this.#limits.maxWaiting) this.#refuseNewestOfLongest(line)
    return promise
  }

  /** Of lines that are equally long, the newcomer's gives way. Scans the lines, which are few. */
  #refuseNewestOfLongest(newcomer: Line): void {
    let longest = newcomer
    for (const line of this.#lines.values()) {
      if (line.waiting.length > longest.waiting.length) longest = line
    }
    const newest = longest.waiting.at(-1)
    if (newest !== undefined) this.#refuse(longest, newest, overloaded())
  }

  #refuse(line: Line, waiting: Waiting, reason: Error): void {
    line.waiting.splice(line.waiting.indexOf(waiting), 1)
    this.#waiting -= 1
    if (line.waiting.length === 0) this.#turns = this.#turns.filter((other) => other !== line)
    this.#forgetIfIdle(line)
    waiting.refuse(reason)
  }

  #release(line: Line): void {
    const couldHoldMore = this.#mayHoldMore(line)
    line.held -= 1
    this.#held -= 1
    if (!couldHoldMore && line.waiting.length > 0) this.#turns.push(line)
    this.#grantNext()
    this.#forgetIfIdle(line)
  }

  #grantNext(): void {
    const line = this.#turns.shift()
    const waiting = line?.waiting.shift()
    if (line === undefined || waiting === undefined) return
    this.#waiting -= 1
    this.#hold(line)
    if (line.waiting.length > 0 && this.#mayHoldMore(line)) this.#turns.push(line)
    waiting.grant()
  }

  #forgetIfIdle(line: Line): void {
    if (line.held === 0 && line.waiting.length === 0) this.#lines.delete(line.account)
  }
}

function tooLong(): ConnectionError {
  return new ConnectionError('No database connection came free within DATABASE_CONNECT_TIMEOUT_MS.')
}

function overloaded(): ServiceError {
  return new ServiceError(
    'overloaded',
    'Too many requests are waiting for the database. Try again later.',
  )
}
