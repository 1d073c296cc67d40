import type { History } from '../domain/protocol/history.ts'
import type { Moment } from '../domain/protocol/lease.ts'
import { explainReadOnly } from '../store/faults.ts'
import {
  acknowledge,
  commitNothing,
  deregisterInstance,
  evictInstance,
  loadFeed,
  loadHeartbeats,
  registerInstance,
} from '../store/feed.ts'
import { destroyFeedConnection, type FeedConnection } from '../store/feed-connection.ts'
import type { Command, Result } from './commands.ts'
import type { Follower } from './follower.ts'
import type { Timing } from './timing.ts'
import { Wakeup } from './wakeup.ts'

export interface DriverOptions {
  readonly follower: Follower
  readonly timing: Timing
  readonly connect: () => Promise<FeedConnection>
  /** Whether another server has become the primary. Asked while a statement takes long. */
  readonly findsLater: () => Promise<boolean>
  /** Called when the connection has failed: another server may be the primary by now. */
  readonly onDisconnect: () => void
  /** Random, one a call. */
  readonly newId: () => string
  /** Whether the database supports NOTIFY. */
  readonly notifies: boolean
  readonly now: () => Moment
  /** Reloads the tag keyring. */
  readonly reloadTagKeys: () => Promise<void>
  /** Called with the id of each registration, before the registration is sent. */
  readonly onRegistered: (id: string) => void
}

/** How often another primary is looked for while a statement takes long. */
const lookEveryMs = 500

/** How long a start waits for other instances to learn of this one. */
const longestWaitMs = 500

/**
 * One instance's part in the protocol, from its start to its end: executes the commands of its
 * follower, on one connection to PostgreSQL, and decides nothing. Each statement has a deadline of
 * its own.
 */
export class Driver {
  /** What the rules say of this instance now. */
  readonly follower: Follower
  readonly #options: DriverOptions
  readonly #wakeup = new Wakeup()
  #connection: FeedConnection | undefined
  #running: Promise<void> | undefined

  constructor(options: DriverOptions) {
    this.#options = options
    this.follower = options.follower
  }

  /** Milliseconds since the start of the latest confirmed sync cycle. */
  get lagMs(): number {
    return this.#options.now().monotonic - this.follower.confirmedAt
  }

  /**
   * Begins. Resolves with the first lease, when the first sync cycle has failed, or when other
   * instances take long to learn of this one.
   */
  async start(): Promise<void> {
    const firstCycle = Promise.withResolvers<void>()
    this.#running = this.#run(firstCycle.resolve)
    await firstCycle.promise
  }

  /** Asks for a sync cycle now, or for one more after the one under way. */
  trigger(): void {
    this.#wakeup.wake()
  }

  /**
   * A connection of the pool was refused: a sync cycle finds out which of two histories to follow.
   */
  meet(met: History | null): void {
    if (this.#connection !== undefined && this.follower.isSuperseded(met)) {
      destroyFeedConnection(this.#connection)
    }
    this.trigger()
  }

  /** Ends the lease and deletes the row of this instance. Answer the requests under way before. */
  async stop(): Promise<void> {
    this.follower.stop()
    this.#wakeup.wake()
    await this.#running
  }

  async #run(onSleep: () => void): Promise<void> {
    const { follower } = this
    const waitsUntil = this.#options.now().monotonic + longestWaitMs
    for (let command = follower.next(); command.kind !== 'end'; command = follower.next()) {
      const waits = follower.isWaiting && this.#options.now().monotonic < waitsUntil
      if (command.kind === 'sleep' && !waits) onSleep()
      const result = await this.#execute(command).catch(
        (error: unknown): Result => ({ kind: 'failed', error: explainReadOnly(error) }),
      )
      follower.on(result, this.#options.now())
    }
  }

  async #execute(command: Exclude<Command, { kind: 'end' }>): Promise<Result> {
    switch (command.kind) {
      case 'connect':
        this.#connection = await this.#options.connect()
        return { kind: 'connect', history: this.#connection.met }
      case 'disconnect':
        if (this.#connection !== undefined) destroyFeedConnection(this.#connection)
        this.#connection = undefined
        this.#options.onDisconnect()
        return { kind: 'disconnect' }
      case 'sleep':
        await this.#wakeup.within(command.ms)
        return { kind: 'sleep' }
      case 'reload_tag_keys':
        await this.#options.reloadTagKeys()
        return { kind: 'reload_tag_keys' }
      default:
        return this.#executeOnConnection(command)
    }
  }

  async #executeOnConnection(command: StatementCommand): Promise<Result> {
    const connection = this.#connection
    if (connection === undefined) throw new Error('There is no connection for the sync cycles.')
    const { timing } = this.#options
    const looking = this.#lookForLater(connection)
    try {
      return await withinDeadline(
        connection,
        timing.cycleDeadlineMs,
        this.#send(connection, command),
      )
    } finally {
      clearInterval(looking)
    }
  }

  /** A deposed primary holds a commit up for ever: it is given up once its successor is found. */
  #lookForLater(connection: FeedConnection): NodeJS.Timeout {
    return setInterval(() => {
      void this.#options.findsLater().then((isFound) => {
        if (isFound) destroyFeedConnection(connection)
      })
    }, lookEveryMs)
  }

  async #send(connection: FeedConnection, command: StatementCommand): Promise<Result> {
    switch (command.kind) {
      case 'load_heartbeats':
        return { kind: 'load_heartbeats', rows: await loadHeartbeats(connection) }
      case 'register':
        return { kind: 'register', position: await this.#register(connection, command.id) }
      case 'deregister':
        await deregisterInstance(connection, command.id)
        return { kind: 'deregister' }
      case 'load_feed':
        return { kind: 'load_feed', reading: await loadFeed(connection, command.applied) }
      case 'acknowledge': {
        const isKnown = await acknowledge(connection, command)
        return { kind: 'acknowledge', isKnown }
      }
      case 'prove':
        await commitNothing(connection)
        return { kind: 'prove' }
      case 'evict':
        return { kind: 'evict', isEvicted: await evictInstance(connection, command) }
    }
  }

  #register(connection: FeedConnection, id: string): ReturnType<typeof registerInstance> {
    const { now, newId, notifies, onRegistered, timing } = this.#options
    onRegistered(id)
    return registerInstance(connection, {
      id,
      now: new Date(now().wall),
      maxStalenessMs: timing.maxStalenessMs,
      revisionId: newId(),
      notify: notifies,
    })
  }
}

type StatementCommand = Exclude<
  Command,
  { kind: 'connect' | 'disconnect' | 'sleep' | 'reload_tag_keys' | 'end' }
>

/**
 * The result of a statement, if the result comes in time; past the deadline the connection is
 * destroyed.
 */
async function withinDeadline<T>(
  connection: FeedConnection,
  deadlineMs: number,
  work: Promise<T>,
): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    destroyFeedConnection(connection)
    late.reject(new Error(`The database did not respond within ${deadlineMs} ms.`))
  }, deadlineMs)
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
    work.catch(() => undefined)
  }
}
