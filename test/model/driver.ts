import type { History } from '../../src/domain/protocol/history.ts'
import type { Position } from '../../src/domain/protocol/position.ts'
import type { Command, Result } from '../../src/freshness/commands.ts'
import type { Follower } from '../../src/freshness/follower.ts'
import type { Database } from './database.ts'
import type { SimulatedKeyring } from './keyring.ts'
import type { Node } from './node.ts'
import type { Protocol } from './protocol.ts'

export interface SimulatedDriverOptions {
  readonly node: Node
  readonly follower: Follower
  readonly keyring: SimulatedKeyring
  /** The registration: the twin of a statement. */
  readonly register: Protocol['register']
}

/**
 * Executes the commands of a follower on the simulated clock and network, as the driver that ships
 * does on pg.
 */
export class SimulatedDriver {
  readonly follower: Follower
  readonly #node: Node
  readonly #keyring: SimulatedKeyring
  readonly #register: Protocol['register']
  /** The connection of the sync cycles, while it is not known to be broken. */
  #connection: number | undefined
  /** Which command is under way: a result of an earlier one is dropped. */
  #command = 0
  #isTriggered = false
  #wake: (() => void) | undefined
  #leaseEndsAt = 0
  #onEnd = () => {}

  /** When the instance registered for the first time, in true time: only the checker may ask. */
  followsSince: number | undefined

  constructor({ node, follower, keyring, register }: SimulatedDriverOptions) {
    this.#node = node
    this.#register = register
    this.#keyring = keyring
    this.follower = follower
  }

  start(): void {
    this.#execute(this.follower.next())
  }

  trigger(): void {
    if (this.#wake === undefined) this.#isTriggered = true
    else this.#wake()
  }

  /** A connection of the pool was refused. */
  meet(met: History | null): void {
    if (this.#connection !== undefined && this.follower.isSuperseded(met)) this.#break()
    this.trigger()
  }

  stop(done: () => void): void {
    this.#onEnd = done
    this.follower.stop()
    this.trigger()
  }

  #execute(command: Command): void {
    this.#command += 1
    const number = this.#command
    const report = (result: Result) => {
      if (number === this.#command) this.#report(result)
    }
    switch (command.kind) {
      case 'end':
        this.#onEnd()
        break
      case 'connect':
        this.#connect(report)
        break
      case 'disconnect':
        this.#connection = undefined
        report({ kind: 'disconnect' })
        break
      case 'sleep':
        this.#sleep(command.ms, report)
        break
      case 'reload_tag_keys':
        this.#keyring.reload((isLoaded) => report(isLoaded ? { kind: 'reload_tag_keys' } : failed))
        break
      default:
        this.#send(command, report)
    }
  }

  #report(result: Result): void {
    const { environment, history, now } = this.#node
    const { historyNumber } = history
    const { registeredId } = this.follower
    this.#count(result)
    this.follower.on(result, now())
    const { counts } = environment
    const left = history.historyNumber - historyNumber
    counts.historyChanges += left
    if (registeredId !== undefined && registeredId === this.follower.registeredId)
      counts.continuations += left
    if (result.kind === 'acknowledge' && this.follower.isWaiting) counts.cyclesWaiting += 1
    this.#execute(this.follower.next())
  }

  #connect(report: (result: Result) => void): void {
    const { link } = this.#node
    link.reconnect()
    const { connection } = link
    this.#ask(
      (db) => (db.isStandby ? undefined : { history: db.history }),
      (met) => {
        this.#connection = connection
        report({ kind: 'connect', history: met.history })
      },
      () => report(failed),
    )
  }

  #sleep(ms: number, report: (result: Result) => void): void {
    const wake = () => {
      this.#wake = undefined
      this.#isTriggered = false
      report({ kind: 'sleep' })
    }
    if (this.#isTriggered) {
      wake()
      return
    }
    this.#wake = wake
    // A timer of Node waits for a millisecond at least, so that time goes on.
    this.#node.process.after(Math.max(1, ms), () => {
      if (this.#wake === wake) wake()
    })
  }

  #send(command: StatementCommand, report: (result: Result) => void): void {
    const fail = () => report(failed)
    if (this.#connection !== this.#node.link.connection) {
      this.#node.process.after(0, fail)
      return
    }
    switch (command.kind) {
      case 'load_heartbeats': {
        const loaded = (rows: ReturnType<Database['loadInstances']> & {}) =>
          report({ kind: 'load_heartbeats', rows })
        this.#ask((db) => db.loadInstances(), loaded, fail)
        break
      }
      case 'register':
        this.#sendRegistration(command.id, report)
        break
      case 'deregister':
        this.#ask(
          (db) => db.deleteInstance(command.id),
          () => report({ kind: 'deregister' }),
          fail,
        )
        break
      case 'load_feed':
        this.#leaseEndsAt = this.#node.process.machine.wall() + this.#node.timing.leaseMs
        this.#ask(
          (db) => db.loadFeed(command.applied),
          (reading) => report({ kind: 'load_feed', reading }),
          fail,
        )
        break
      case 'acknowledge':
        this.#ask(
          (db) => db.acknowledge(command.id, command.revision, this.#leaseEndsAt),
          (isKnown) => report({ kind: 'acknowledge', isKnown }),
          fail,
        )
        break
      case 'prove':
        this.#ask(
          (db) => db.commits() || undefined,
          () => report({ kind: 'prove' }),
          fail,
        )
        break
      case 'evict':
        this.#ask(
          (db) => db.deleteInstance(command.id, command.heartbeat),
          (isEvicted) => report({ kind: 'evict', isEvicted }),
          fail,
        )
    }
  }

  #sendRegistration(id: string, report: (result: Result) => void): void {
    const { timing } = this.#node
    this.#ask<Position | 'begun'>(
      (db) => (db.commits() ? 'begun' : undefined),
      (position) => report(position === 'begun' ? failed : { kind: 'register', position }),
      () => report(failed),
      (db) => this.#register(db, id, timing.maxStalenessMs),
    )
  }

  /** A statement within its deadline: past it the connection is destroyed. */
  #ask<T>(
    statement: (db: Database) => T | undefined,
    answered: (result: T) => void,
    fail: () => void,
    commit?: (db: Database, result: T) => T | undefined,
  ): void {
    const { link, process, timing } = this.#node
    link.call({
      process,
      deadlineMs: timing.cycleDeadlineMs,
      statement,
      ...(commit && { commit }),
      done: (result) => {
        if (result === undefined) fail()
        else answered(result)
      },
    })
  }

  /** The connection is destroyed: a statement under way fails, and otherwise the next one does. */
  #break(): void {
    this.#connection = undefined
    const isIdle = this.#wake !== undefined
    if (!isIdle) this.#report(failed)
  }

  #count(result: Result): void {
    const { environment, name } = this.#node
    const { counts, scheduler, trace } = environment
    if (result.kind === 'register') {
      this.followsSince ??= scheduler.now
      counts.registrations += 1
      trace?.(`${name} is registered as ${this.follower.id} at ${result.position.revision}`)
    }
    if (result.kind === 'load_feed' && result.reading.inRecovery) counts.standbyAnswers += 1
    if (result.kind === 'acknowledge') {
      if (result.isKnown) counts.cycles += 1
      else counts.survivedEviction += 1
    }
    if (result.kind === 'evict' && result.isEvicted) counts.evictions += 1
  }
}

type StatementCommand = Exclude<
  Command,
  { kind: 'connect' | 'disconnect' | 'sleep' | 'reload_tag_keys' | 'end' }
>

const failed: Result = { kind: 'failed', error: new Error('the statement failed') }
