import {
  type DatabaseConnection,
  type Driver,
  Kysely,
  PostgresDialect,
  PostgresDriver,
  type PostgresPool,
} from 'kysely'
import type { FairSemaphore, Release } from './fair-semaphore.ts'
import type { Schema } from './schema.ts'

export interface SharingOptions {
  /** Permits are taken in this order, and before the connection. */
  readonly semaphores: readonly FairSemaphore[]
  /** The account on whose behalf the caller runs. */
  readonly accountOf: () => string
}

/**
 * The database by a pool whose connections accounts share: taking a connection takes a permit of
 * each semaphore first. Several such databases may share one pool; `destroy` of any of them ends
 * the pool.
 */
export function shareByAccount(pool: PostgresPool, options: SharingOptions): Kysely<Schema> {
  return new Kysely<Schema>({ dialect: new SharedDialect(pool, options) })
}

class SharedDialect extends PostgresDialect {
  readonly #pool: PostgresPool
  readonly #options: SharingOptions

  constructor(pool: PostgresPool, options: SharingOptions) {
    super({ pool })
    this.#pool = pool
    this.#options = options
  }

  override createDriver(): Driver {
    return new SharedDriver(this.#pool, this.#options)
  }
}

class SharedDriver extends PostgresDriver {
  readonly #options: SharingOptions
  readonly #permits = new WeakMap<DatabaseConnection, readonly Release[]>()
  #isDestroyed = false

  constructor(pool: PostgresPool, options: SharingOptions) {
    super({ pool })
    this.#options = options
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    const { semaphores, accountOf } = this.#options
    const account = accountOf()
    const permits: Release[] = []
    try {
      for (const semaphore of semaphores) permits.push(await semaphore.acquire(account))
      // The pool may have been closed while this call waited its turn: an outage, as Kysely words
      // it.
      if (this.#isDestroyed) throw new Error('driver has already been destroyed')
      const connection = await super.acquireConnection()
      this.#permits.set(connection, permits)
      return connection
    } catch (error) {
      giveBack(permits)
      throw error
    }
  }

  override async destroy(): Promise<void> {
    this.#isDestroyed = true
    await super.destroy()
  }

  override async releaseConnection(
    connection: Parameters<PostgresDriver['releaseConnection']>[0],
  ): Promise<void> {
    const permits = this.#permits.get(connection) ?? []
    try {
      await super.releaseConnection(connection)
    } finally {
      giveBack(permits)
    }
  }
}

function giveBack(permits: readonly Release[]): void {
  for (const release of permits.toReversed()) release()
}
