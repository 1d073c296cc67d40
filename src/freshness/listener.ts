import type { CurrentHistory, Origin } from '../store/current-history.ts'
import { OtherHistoryError } from '../store/faults.ts'
import { listen } from '../store/feed.ts'
import { destroyFeedConnection, type FeedConnection } from '../store/feed-connection.ts'
import type { Log } from '../store/log.ts'
import { Wakeup } from './wakeup.ts'

export interface ListenerOptions {
  readonly connect: () => Promise<FeedConnection>
  /**
   * A connection to a server of another history is given up: a deposed primary announces nothing.
   */
  readonly history: CurrentHistory
  /** A new revision was announced, or may have been missed. */
  readonly onChange: () => void
  readonly log: Pick<Log, 'warn'>
  /** How often an idle connection is checked, in milliseconds. */
  readonly checkEveryMs: number
}

const longestBackoffMs = 10_000

/**
 * Listens for announced revisions on a connection of its own. An announcement only triggers a sync
 * cycle: what is missed while the connection is away, or half open, comes with the next poll.
 */
export class Listener {
  readonly #options: ListenerOptions
  /** One for each connection, so that the end of one does not cut the wait for the next short. */
  #pause = new Wakeup()
  #connection: FeedConnection | undefined
  #origin: Origin | undefined
  #isStopping = false
  #running: Promise<void> = Promise.resolve()

  constructor(options: ListenerOptions) {
    this.#options = options
    options.history.onChange(() => {
      if (!this.#isAdmitted()) this.#pause.wake()
    })
  }

  start(): void {
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    this.#pause.wake()
    await this.#running
  }

  async #run(): Promise<void> {
    for (let failures = 0; !this.#isStopping; ) {
      try {
        await this.#connectAndListen()
        failures = 0
        await this.#stayConnected()
      } catch (error) {
        if (failures === 0) this.#options.log.warn({ err: error }, 'the LISTEN connection was lost')
        failures += 1
      }
      if (this.#connection !== undefined) destroyFeedConnection(this.#connection)
      this.#connection = undefined
      this.#origin = undefined
      this.#pause = new Wakeup()
      // One that was given up for another history is replaced at once.
      if (!this.#isStopping && failures > 0)
        await this.#pause.within(Math.min(longestBackoffMs, 50 * 2 ** failures))
    }
  }

  async #connectAndListen(): Promise<void> {
    const { connect, history } = this.#options
    const { historyNumber } = history
    this.#connection = await connect()
    this.#origin = { historyNumber, history: this.#connection.met }
    if (!this.#isAdmitted()) throw new OtherHistoryError()
    const { client } = this.#connection
    const pause = this.#pause
    client.on('notification', this.#options.onChange)
    client.once('end', () => pause.wake())
    if (!(await listen(this.#connection))) {
      this.#options.log.warn({}, 'the database ignores LISTEN: changes are found by polling')
      this.#isStopping = true
    }
    // Whatever was announced before the LISTEN was missed.
    this.#options.onChange()
  }

  async #stayConnected(): Promise<void> {
    while (!this.#isStopping && this.#connection !== undefined) {
      await this.#pause.within(this.#options.checkEveryMs)
      if (!this.#isAdmitted()) return
      // Listening twice is listening once; not answered in time it fails, and the connection is
      // given up.
      if (!this.#isStopping) await listen(this.#connection)
    }
  }

  #isAdmitted(): boolean {
    return this.#origin === undefined || this.#options.history.admits(this.#origin)
  }
}
