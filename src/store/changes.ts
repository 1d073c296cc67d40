import { type RawBuilder, sql } from 'kysely'
import type { RevisionRef } from '../domain/protocol/revision-ref.ts'
import type { Executor, StoreTransaction } from './database.ts'
import { StandbyError } from './faults.ts'
import { commitDurably } from './session.ts'

/** The channel on which new revisions are announced. */
export const changeChannel = 'aeon_keys_change'

/** A change to insert: its kind, and the key or the account that it names. */
export interface NewChange {
  readonly kind: string
  readonly subject: string | null
}

export interface NewRevision {
  /** Random, so that two histories never share an id. */
  readonly id: string
  readonly changes: readonly NewChange[]
  readonly now: Date
  /** Whether the database supports NOTIFY. */
  readonly notify: boolean
}

/**
 * Takes the next revision, inserts its changes and announces it. These must be the last statements
 * before COMMIT: the counter's row stays locked until then, and every other change waits for it.
 * PostgreSQL makes a commit visible before it releases the lock, and delivers notifications
 * afterwards: the order of revisions is the order of visibility, without gaps.
 */
export async function takeRevision(trx: StoreTransaction, next: NewRevision): Promise<number> {
  await sql.raw(commitDurably).execute(trx)
  const { rows } = await sql<{ value: string }>`
    with taken as (update revision set value = value + 1 returning value),
    written as (
      insert into change (revision, ordinal, id, kind, subject, created_at)
      select taken.value, row.ordinal - 1, ${next.id}::uuid, row.kind, row.subject, ${next.now}
      from taken, unnest(
        ${next.changes.map((change) => change.kind)}::text[],
        ${next.changes.map((change) => change.subject)}::uuid[]
      ) with ordinality as row (kind, subject, ordinal)
    )
    select value, ${announcement(next.notify)} from taken`.execute(trx)
  const [row] = rows
  if (row === undefined) throw new Error('The database has no counter of revisions.')
  return Number(row.value)
}

/** The latest committed revision. */
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

/**
 * Whether a revision has been reached, and its id unless that was pruned. Throws when a standby
 * answers, which may not have reached the revision yet.
 */
export async function findRevision(
  db: Executor,
  revision: number,
): Promise<{ readonly reached: boolean; readonly pruned: boolean; readonly id: string | null }> {
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

function announcement(notify: boolean): RawBuilder<unknown> {
  return notify ? sql`pg_notify(${changeChannel}, value::text)` : sql`null`
}
