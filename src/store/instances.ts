import { sql } from 'kysely'
import type { Executor } from './database.ts'

/** A row of the table `instance`. */
export interface StoredInstance {
  readonly id: string
  readonly applied: number
  readonly heartbeat: number
  readonly startedAt: Date
  readonly maxStalenessMs: number
  /** The edges that may answer from memory, and how many have confirmed all up to `revision`. */
  readonly edges: { readonly live: number; readonly confirmed: number; readonly revision: number }
}

/**
 * Every instance, by a statement that begins now. Undefined when a standby answers, which may lag
 * behind.
 */
export async function listInstances(db: Executor): Promise<StoredInstance[] | undefined> {
  const { rows } = await sql<{
    id: string | null
    applied: string
    beat: string
    started_at: Date
    max_staleness_ms: number
    edges: number
    edges_confirmed: number
    edges_revision: string
    in_recovery: boolean
  }>`
    select instance.id, instance.applied, instance.beat, instance.started_at,
      instance.max_staleness_ms, instance.edges, instance.edges_confirmed,
      instance.edges_revision, pg_is_in_recovery() as in_recovery
    from (select) as always left join instance on true order by instance.id`.execute(db)
  if (rows.some((row) => row.in_recovery)) return undefined
  return rows.flatMap(({ id, applied, beat, started_at: startedAt, ...row }) =>
    id === null
      ? []
      : [
          {
            id,
            applied: Number(applied),
            heartbeat: Number(beat),
            startedAt,
            maxStalenessMs: row.max_staleness_ms,
            edges: {
              live: row.edges,
              confirmed: row.edges_confirmed,
              revision: Number(row.edges_revision),
            },
          },
        ],
  )
}

/**
 * Deletes the row of an instance: by the instance itself, or by the parent of a process that ended.
 */
export async function deleteInstance(db: Executor, id: string): Promise<void> {
  await sql`delete from instance where id = ${id}`.execute(db)
}

/** Whether any of these instances is registered. */
export async function hasInstances(db: Executor, ids: readonly string[]): Promise<boolean> {
  const { rows } = await sql`select from instance where id = any(${ids}::uuid[]) limit 1`.execute(
    db,
  )
  return rows.length > 0
}
