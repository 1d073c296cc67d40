import { CurrentHistory } from './current-history.ts'
import { type Database, type DatabaseOptions, type OpenPool, openPool } from './database.ts'
import { FairSemaphore } from './fair-semaphore.ts'
import { Fitness } from './fitness.ts'
import type { Log } from './log.ts'
import { LongReads } from './long-reads.ts'
import { poolSizesOf } from './pool-sizes.ts'
import { DatabaseServers } from './servers/database-servers.ts'
import { shareByAccount } from './shared-pool.ts'

export interface ServiceDatabaseOptions extends DatabaseOptions {
  readonly longReadTimeoutMs: number
  /** How many requests may wait for a connection; beyond it one is refused (`overloaded`). */
  readonly maxWaiting: number
  /** The account on whose behalf the caller runs. */
  readonly accountOf: () => string
  readonly log?: Log
}

/** What the connections of a pool are doing. */
export interface PoolUse {
  readonly totalCount: number
  readonly idleCount: number
  /** Requests that wait for a connection. */
  readonly waitingCount: number
}

export const poolNames = ['management', 'verification'] as const
export type PoolName = (typeof poolNames)[number]
export type PoolUses = Readonly<Record<PoolName, PoolUse>>

/**
 * The database as the parts of a service reach it, by two pools that hold DATABASE_POOL_MAX in sum.
 */
export interface ServiceDatabase {
  /** For everything but verifications: each account has a share of the connections. */
  readonly db: Database
  /** For what verifications read and record: statements that wait for no lock. */
  readonly verificationDb: Database
  /** For first uses that may wait for a lock on a key: never all connections for verifications. */
  readonly firstUseDb: Database
  readonly longReads: LongReads
  readonly pools: PoolUses
  /** The servers of the database URL, for connections outside of the pools too. */
  readonly servers: DatabaseServers
  /** The history that the connections of both pools must be of. */
  readonly history: CurrentHistory
  /** Looks whether the constraints of the schema hold; while not, both pools lend nothing. */
  checkFitness(): Promise<void>
  close(): Promise<void>
}

/** Opens both pools. Nothing is connected until the first statement. */
export function openServiceDatabase(options: ServiceDatabaseOptions): ServiceDatabase {
  const { accountOf, maxWaiting, connectTimeoutMs: maxWaitMs } = options
  const history = new CurrentHistory()
  const fitness = new Fitness(options.log)
  const servers = new DatabaseServers(options)
  const sizes = poolSizesOf(options.poolMax)
  const open = (poolMax: number, applicationName: string): OpenPool =>
    openPool({ ...options, poolMax, servers, history, applicationName })
  const management = open(sizes.management, 'aeon-keys')
  const verification = open(sizes.verification, 'aeon-keys verification')
  const semaphoreOf = (max: number, maxPerAccount: number): FairSemaphore =>
    new FairSemaphore({ max, maxPerAccount, maxWaiting, maxWaitMs })
  const all = semaphoreOf(sizes.management, sizes.managementPerAccount)
  const long = semaphoreOf(sizes.longReads, sizes.longReadsPerAccount)
  const locking = semaphoreOf(sizes.lockingFirstUses, 1)
  const connections = fitness.guard(management.connections)
  const verifying = fitness.guard(verification.connections)
  const db = shareByAccount(connections, { semaphores: [all], accountOf })
  const verificationDb = shareByAccount(verifying, { semaphores: [], accountOf })
  const longReadDb = shareByAccount(connections, { semaphores: [long, all], accountOf })
  const firstUseDb =
    sizes.lockingFirstUses > 0
      ? shareByAccount(verifying, { semaphores: [locking], accountOf })
      : db
  return {
    db,
    verificationDb,
    firstUseDb,
    longReads: new LongReads({ db: longReadDb, timeoutMs: options.longReadTimeoutMs }),
    servers,
    history,
    pools: {
      management: useOf(management, [all, long]),
      verification: useOf(verification, [locking]),
    },
    checkFitness: () => fitness.look(verification.connections),
    close: async () => {
      await Promise.all([db.destroy(), verificationDb.destroy()])
    },
  }
}

function useOf({ pool }: OpenPool, semaphores: readonly FairSemaphore[]): PoolUse {
  return {
    get totalCount() {
      return pool.totalCount
    },
    get idleCount() {
      return pool.idleCount
    },
    get waitingCount() {
      return semaphores.reduce((sum, { waiting }) => sum + waiting, pool.waitingCount)
    },
  }
}
