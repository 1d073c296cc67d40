import { sql } from 'kysely'
import type { RevisionRef } from '../domain/protocol/revision-ref.ts'
import type { Executor } from './database.ts'
import { StandbyError } from './faults.ts'

/** The channel on which new revisions are announced. */
export const changeChannel = 'aeon_keys_change'

/** The latest revision that is committed. */
export async function findLatestRevision(db: Executor): Promise<RevisionRef> {
  const { rows } = await sql<{ value: string; id: string | null }>`
    select value, (select id from change where change.revision = value limit 1) as id
    from revision`.execute(db)
  const [row] = rows
  // The change of the last revision is never pruned.
  if (row == null || row.id === null) throw new Error('The database has no counter of revisions.')
  return { revision: Number(row.value), id: row.id }
}

/**
 * Deletes the changes from before a moment, except those of the last revision, and records the
 * highest pruned revision.
 */
export async function pruneChanges(db: Executor, before: Date): Promise<void> {
  await sql`
    with oldest as (
      select coalesce(max(change.revision), 0) as revision
      from change, revision
      where change.created_at < ${before} and change.revision < revision.value
    ), raised as (
      update revision set floor = oldest.revision from oldest
      where oldest.revision > revision.floor returning revision.floor
    )
    delete from change using raised where change.revision <= raised.floor`.execute(db)
}

/** What the database knows of the number of a revision. */
export interface FoundRevision {
  readonly reached: boolean
  readonly pruned: boolean
  readonly id: string | null
}

/**
 * Whether a revision has been reached, and its id unless that was pruned. Throws when a standby
 * answers, which may not have reached the revision yet.
 */
export async function findRevision(db: Executor, revision: number): Promise<FoundRevision> {
  const { rows } = await sql<{
    reached: boolean
    pruned: boolean
    id: string | null
    in_recovery: boolean
  }>`
    select pg_is_in_recovery() as in_recovery, value >= ${revision} as reached, floor >= ${revision} as pruned,
      (select id from change where change.revision = ${revision} limit 1) as id
    from revision`.execute(db)
  if (rows[0]?.in_recovery === true) throw new StandbyError()
  return rows[0] ?? { reached: false, pruned: false, id: null }
}
