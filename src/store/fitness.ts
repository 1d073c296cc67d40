import type { PostgresPool } from 'kysely'
import { UnfitDatabaseError } from './faults.ts'
import type { Log } from './log.ts'
import { explainUnmet, type UnmetRow, unmetOf, unmetParameters, unmetQuery } from './relied-on.ts'
import { explainUnenforced, type Unenforced, unenforcedExpression } from './server-fitness.ts'

type FitnessLog = Pick<Log, 'info' | 'error'>

/**
 * Whether the constraints and triggers that the service relies on hold. A new session is asked by
 * requireFit; this looks again while sessions are kept, and the pools of a process lend no
 * connection while they do not hold.
 */
export class Fitness {
  readonly #log: FitnessLog | undefined
  #fault: string | undefined

  constructor(log?: FitnessLog) {
    this.#log = log
  }

  /** A pool that lends no connection while the database is unfit. */
  guard(pool: PostgresPool): PostgresPool {
    return {
      options: pool.options,
      end: () => pool.end(),
      connect: async () => {
        if (this.#fault !== undefined) throw new UnfitDatabaseError(this.#fault)
        return pool.connect()
      },
    }
  }

  /** Looks on a connection of a pool that is not guarded. An outage changes nothing. */
  async look(pool: PostgresPool): Promise<void> {
    try {
      this.#know(await findFault(pool))
    } catch (error) {
      if (error instanceof UnfitDatabaseError) this.#know(error.message)
    }
  }

  #know(fault: string | undefined): void {
    if (fault === this.#fault) return
    this.#fault = fault
    if (fault === undefined) this.#log?.info({}, 'the constraints of the database hold again')
    else this.#log?.error({ reason: fault }, 'the database is not used: constraints do not hold')
  }
}

async function findFault(pool: PostgresPool): Promise<string | undefined> {
  const client = await pool.connect()
  try {
    const unmet = unmetOf((await client.query<UnmetRow>(unmetQuery, unmetParameters)).rows)
    const { rows } = await client.query<{ unenforced: Unenforced | null }>(
      `select ${unenforcedExpression} as unenforced`,
      [],
    )
    const unenforced = rows[0]?.unenforced ?? null
    const faults = [
      ...(unmet.length > 0 ? [explainUnmet(unmet)] : []),
      ...(unenforced === null ? [] : [explainUnenforced(unenforced)]),
    ]
    return faults.length > 0 ? faults.join(' ') : undefined
  } finally {
    client.release()
  }
}
