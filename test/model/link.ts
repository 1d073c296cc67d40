import type { Database } from './database.ts'
import type { Process } from './process.ts'
import type { Random } from './random.ts'
import type { Scheduler } from './scheduler.ts'
import type { Server } from './server.ts'

/** A statement on its way to the server and back. */
export interface Call<T> {
  readonly process: Process
  readonly deadlineMs: number
  readonly statement: (db: Database) => T | undefined
  /** The server that the connection leads to; absent: that of the sync cycles. */
  readonly on?: Database
  /** What becomes visible only some time after the statement took its snapshot. */
  readonly commit?: (db: Database, result: T) => T | undefined
  /** Told once: what came back, or undefined when that is not known. */
  readonly done: (result: T | undefined) => void
}

/** No message is under way for longer. */
const longestDelayMs = 70_000

/** No commit waits longer for the disk. */
const longestCommitMs = 200

/**
 * The network between one machine and the server. A message may be late by up to 70 s, or lost; a
 * statement whose sender gave up long ago may still arrive and be run.
 */
export class Link {
  readonly #scheduler: Scheduler
  readonly #random: Random
  readonly #server: Server
  readonly #maxStalenessMs: number
  readonly #underWay = new Set<() => void>()
  #connection = 0
  #feed: Database
  #partitionedUntil = 0
  #stormUntil = 0
  #calmFrom = Number.POSITIVE_INFINITY

  constructor(scheduler: Scheduler, random: Random, server: Server, maxStalenessMs: number) {
    this.#scheduler = scheduler
    this.#random = random
    this.#server = server
    this.#feed = server.connect()
    this.#maxStalenessMs = maxStalenessMs
  }

  /** Which connections these are: other ones after a cut. */
  get connection(): number {
    return this.#connection
  }

  /** The connection of the sync cycles is made anew. */
  reconnect(): void {
    this.#feed = this.#server.connect()
  }

  call<T>({ process, deadlineMs, statement, commit, on = this.#feed, done }: Call<T>): void {
    const finish = (result: T | undefined) => {
      if (this.#underWay.delete(fail)) done(result)
    }
    const fail = () => process.run(() => finish(undefined))
    this.#underWay.add(fail)
    process.after(deadlineMs, () => finish(undefined))
    const { epoch } = this.#server
    const answer = (result: T | undefined) => {
      this.#send(() => process.run(() => finish(result)))
    }
    this.#send(() => {
      if (this.#server.epoch !== epoch) {
        fail()
        return
      }
      const result = this.#server.run(statement, on)
      if (commit === undefined || result === undefined) {
        answer(result)
        return
      }
      this.#scheduler.after(this.#random.between(0, longestCommitMs), () => {
        if (this.#server.epoch !== epoch) {
          fail()
          return
        }
        answer(this.#server.run((db) => commit(db, result), on))
      })
    })
  }

  /** A message without an answer, either way. */
  post(arrive: () => void): void {
    this.#send(arrive)
  }

  /** Every connection of the machine breaks. What was sent may arrive all the same. */
  cut(): void {
    this.#connection += 1
    const underWay = [...this.#underWay]
    for (const fail of underWay) fail()
  }

  partition(ms: number): void {
    this.#partitionedUntil = this.#scheduler.now + ms
  }

  /** For a while most messages are late. */
  storm(ms: number): void {
    this.#stormUntil = this.#scheduler.now + ms
  }

  calmFrom(at: number): void {
    this.#calmFrom = at
  }

  #send(arrive: () => void): void {
    const { now } = this.#scheduler
    if (now >= this.#calmFrom) {
      this.#scheduler.after(this.#random.between(1, 20), arrive)
      return
    }
    const isPartitioned = now < this.#partitionedUntil
    if (this.#random.chance(isPartitioned ? 0.5 : 0.005)) return
    const held = isPartitioned ? this.#partitionedUntil - now : 0
    this.#scheduler.after(Math.min(longestDelayMs, held + this.#delay()), arrive)
  }

  #delay(): number {
    const isStorm = this.#scheduler.now < this.#stormUntil
    const kind = this.#random.next() / (isStorm ? 8 : 1)
    return this.#random.between(1, this.#longest(kind))
  }

  #longest(kind: number): number {
    if (kind < 0.002) return longestDelayMs
    if (kind < 0.012) return this.#maxStalenessMs
    if (kind < 0.08) return this.#maxStalenessMs / 6
    return 30
  }
}
