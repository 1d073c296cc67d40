import { setTimeout as sleep } from 'node:timers/promises'
import {
  type DatabaseSwitch,
  type SwitchedConnection,
  startDatabaseSwitch,
} from '../helpers/database-switch.ts'
import { type FailoverPair, startFailoverPair } from '../helpers/failover.ts'
import type { PairServer } from '../helpers/pair-server.ts'
import { until } from '../helpers/until.ts'
import { type ChaosDatabase, endListeners, oneSession } from './database.ts'

/** The path of one instance's connections to a server. */
export interface Way {
  readonly instance: string
  readonly toServer: DatabaseSwitch
}

/**
 * A primary with a synchronous standby, which every instance reaches through switches of its own.
 */
export class FailoverDatabase implements ChaosDatabase {
  readonly name = 'database'
  readonly ways: Way[] = []
  readonly #pair: FailoverPair
  readonly #deadlocks: () => number

  private constructor(pair: FailoverPair, deadlocks: () => number) {
    this.#pair = pair
    this.#deadlocks = deadlocks
  }

  static async start(folder: string): Promise<FailoverDatabase> {
    let deadlocks = 0
    const pair = await startFailoverPair(folder, (line) => {
      if (line.endsWith('deadlock detected')) deadlocks += 1
    })
    return new FailoverDatabase(pair, () => deadlocks)
  }

  get connection() {
    return this.#pair.primary.connection
  }

  get deadlocks(): number {
    return this.#deadlocks()
  }

  get primary(): PairServer {
    return this.#pair.primary
  }

  async openWay(instance: string) {
    const toServer = await startDatabaseSwitch(() => this.primary.socketPath)
    this.ways.push({ instance, toServer })
    return { host: '127.0.0.1', port: toServer.port }
  }

  /** Breaks the connections that lead to a server and that `isHit` says, at some ways or at all. */
  cut(
    server: PairServer,
    isHit: (connection: SwitchedConnection, way: Way) => boolean = () => true,
  ): void {
    for (const way of this.ways) {
      way.toServer.cut(
        (connection) => connection.socketPath === server.socketPath && isHit(connection, way),
      )
    }
  }

  promote(): Promise<void> {
    return this.#pair.promote()
  }

  attachStandby(): Promise<void> {
    return this.#pair.attachStandby()
  }

  discard(server: PairServer): Promise<void> {
    return this.#pair.discard(server)
  }

  /**
   * Only then may the primary be deposed: a crash reveals what it had committed without
   * acknowledging.
   */
  async inSync(): Promise<void> {
    await until('the primary lets its standby catch up', () =>
      this.#pair.inSync().then(
        () => true,
        () => sleep(200, false),
      ),
    )
  }

  kill(): Promise<void> {
    return this.primary.kill()
  }

  async start(): Promise<void> {
    await this.primary.start()
    await this.inSync()
  }

  async killSession(): Promise<void> {
    const [row] = await this.primary.ask(oneSession)
    if (row !== undefined) process.kill(row.pid, 'SIGKILL')
    await this.inSync()
  }

  async terminateListeners(): Promise<void> {
    await this.primary.ask(endListeners)
  }

  async stop(): Promise<void> {
    for (const { toServer } of this.ways) await toServer.close()
    await this.#pair.stop()
  }
}
