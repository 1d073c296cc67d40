import type { ChangeRow } from '../domain/protocol/change.ts'
import type { History } from '../domain/protocol/history.ts'
import type { ObservedInstance } from '../domain/protocol/observed-instance.ts'
import type { Position } from '../domain/protocol/position.ts'
import type { Reading } from '../domain/protocol/reading.ts'
import { changeChannel } from './changes.ts'
import type { FeedConnection } from './feed-connection.ts'

/**
 * An instance that is more changes behind than this starts with an empty cache instead of reading
 * them one by one.
 */
const maxChanges = 10_000

export interface NewInstance {
  readonly id: string
  readonly now: Date
  readonly maxStalenessMs: number
  /** Random: the id of the revision that the registration takes. */
  readonly revisionId: string
  /** Whether the database supports NOTIFY. */
  readonly notify: boolean
}

/**
 * Registers an instance, and takes the next revision for it under the counter's lock, as every
 * change does. So of two registrations one comes first: either its row is visible to the other
 * one, or its revision is higher.
 */
export async function registerInstance(
  { client, history }: FeedConnection,
  { id, now, maxStalenessMs, revisionId, notify }: NewInstance,
): Promise<Position> {
  const announcement = notify ? `pg_notify('${changeChannel}', applied::text)` : 'null'
  const { rows } = await client.query<{ applied: string; history: History | null }>(
    // Not a subquery in RETURNING, which YugabyteDB reads from another moment (yugabyte-db #17672).
    `with taken as (update revision set value = value + 1 returning value),
     written as (
       insert into change (revision, ordinal, id, kind, subject, created_at)
       select value, 0, $4::uuid, 'instance', $1::uuid, $2::timestamptz from taken
     ),
     registered as (
       insert into instance (id, applied, beat, started_at, max_staleness_ms)
       select $1::uuid, value, 0, $2::timestamptz, $3 from taken
       returning applied
     )
     select applied, ${history} as history, ${announcement} from registered`,
    [id, now, maxStalenessMs, revisionId],
  )
  const [row] = rows
  if (row === undefined) throw new Error('The database has no counter of revisions.')
  return { revision: Number(row.applied), id: revisionId, history: row.history }
}

/** Loads all that a sync cycle needs, by one statement and so from one snapshot. */
export async function loadFeed(
  { client, history }: FeedConnection,
  applied: number,
): Promise<Reading> {
  const { rows } = await client.query<{
    counter: string
    floor: string
    counter_id: string | null
    applied_id: string | null
    changes: readonly ChangeRow[]
    in_recovery: boolean
    history: History | null
  }>(
    `select revision.value as counter, revision.floor, pg_is_in_recovery() as in_recovery,
       ${history} as history,
       (select id from change where change.revision = revision.value limit 1) as counter_id,
       (select id from change where change.revision = $1::bigint limit 1) as applied_id,
       coalesce(
         (select json_agg(json_build_object(
             'revision', change.revision, 'id', change.id,
             'kind', change.kind, 'subject', change.subject)
           order by change.revision, change.ordinal)
          from change
          where change.revision > $1::bigint and change.revision > revision.value - ${maxChanges}),
         '[]') as changes
     from revision`,
    [applied],
  )
  const [row] = rows
  if (row === undefined) throw new Error('The database has no counter of revisions.')
  return {
    counter: Number(row.counter),
    counterId: row.counter_id,
    prunedUpTo: Number(row.floor),
    appliedId: row.applied_id,
    changes: row.changes,
    inRecovery: row.in_recovery,
    history: row.history,
  }
}

export interface Acknowledgement {
  readonly id: string
  readonly revision: number
  /** The edges of the instance, which may hold up what it has applied. */
  readonly edges: { readonly live: number; readonly confirmed: number; readonly revision: number }
}

/**
 * Acknowledges a revision and raises the heartbeat. False when the row is gone: the
 * instance was evicted.
 */
export async function acknowledge(
  { client }: FeedConnection,
  { id, revision, edges }: Acknowledgement,
): Promise<boolean> {
  const result = await client.query(
    `update instance set applied = greatest(applied, $2), beat = beat + 1,
       edges = $3, edges_confirmed = $4, edges_revision = $5
     where id = $1`,
    [id, revision, edges.live, edges.confirmed, edges.revision],
  )
  return result.rowCount === 1
}

/**
 * The heartbeat of every instance, on this very connection, with its applied revision and its
 * MAX_STALENESS_MS.
 */
export async function loadHeartbeats({ client }: FeedConnection): Promise<ObservedInstance[]> {
  const { rows } = await client.query<{
    id: string
    applied: string
    beat: string
    max_staleness_ms: number
  }>('select id, applied, beat, max_staleness_ms from instance')
  return rows.map((row) => ({
    id: row.id,
    applied: Number(row.applied),
    heartbeat: Number(row.beat),
    maxStalenessMs: row.max_staleness_ms,
  }))
}

/** Deletes the row of an instance if the row still shows this heartbeat. */
export async function evictInstance(
  { client }: FeedConnection,
  { id, heartbeat }: { readonly id: string; readonly heartbeat: number },
): Promise<boolean> {
  const result = await client.query('delete from instance where id = $1 and beat = $2', [
    id,
    heartbeat,
  ])
  return result.rowCount === 1
}

/**
 * A transaction that changes nothing, and whose commit waits like any other (committed-read.ts). It
 * must lock a row: without an id of its own a transaction does not wait for the standbys.
 */
export async function commitNothing({ client }: FeedConnection): Promise<void> {
  await client.query('select from revision for key share')
}

/** Removes an instance that ends in good order: receipts wait for it no longer. */
export async function deregisterInstance({ client }: FeedConnection, id: string): Promise<void> {
  await client.query('delete from instance where id = $1', [id])
}

interface Warning {
  readonly code?: string | undefined
  readonly message?: string | undefined
}

/**
 * Subscribes this connection to a channel, by default to that of the announcements of revisions.
 * False when the server ignores it, which YugabyteDB says in a warning (0A000,
 * feature_not_supported). A server or a pooler may warn of something else at any moment.
 */
export async function listen(
  { client }: FeedConnection,
  channel = changeChannel,
): Promise<boolean> {
  let isIgnored = false
  const onNotice = ({ code, message }: Warning) => {
    isIgnored ||= code === '0A000' || /\blisten\b/i.test(message ?? '')
  }
  client.on('notice', onNotice)
  try {
    await client.query(`listen ${channel}`)
  } finally {
    client.off('notice', onNotice)
  }
  return !isIgnored
}
