import { type RawBuilder, sql } from 'kysely'
import { changeChannel } from './changes.ts'
import type { StoreTransaction } from './database.ts'
import { commitDurably } from './session.ts'

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

function announcement(notify: boolean): RawBuilder<unknown> {
  return notify ? sql`pg_notify(${changeChannel}, value::text)` : sql`null`
}
