import { Client } from 'pg'
import type { ChangeRow } from '../domain/protocol/change.ts'
import type { History } from '../domain/protocol/history.ts'
import type { Position } from '../domain/protocol/position.ts'
import type { Reading } from '../domain/protocol/reading.ts'
import { changeChannel } from './changes.ts'
import { type Connection, clientOptions } from './database-url.ts'
import { StandbyError } from './faults.ts'
import { meetServer } from './history.ts'
import { sessionSettings } from './session.ts'

/** A connection of its own, outside every pool, for the rounds of an instance or for its listener. */
export interface FeedConnection {
  readonly client: Client
  /** The expression for the history that this server writes. */
  readonly history: string
  /** What it was when the connection was made. */
  readonly met: History | null
}

export interface FeedConnectionOptions {
  readonly connection: Connection
  readonly connectTimeoutMs: number
  readonly statementTimeoutMs: number
}

export interface StoredHeartbeat {
  readonly id: string
  readonly applied: number
  readonly beat: number
  readonly maxStalenessMs: number
}

/** Changes beyond this many are not read one by one: whoever is so far behind starts clean. */
const maxChanges = 10_000

/** Opens a connection, which the caller ends or destroys. A standby is refused (StandbyError). */
export async function openFeedConnection(options: FeedConnectionOptions): Promise<FeedConnection> {
  const { connection } = options
  const client = new Client({
    ...clientOptions(connection),
    application_name: 'aeon-keys feed',
    connectionTimeoutMillis: options.connectTimeoutMs,
    // The server's own limit does not help against one that falls silent, as early as it may.
    query_timeout: options.statementTimeoutMs,
    keepAlive: true,
  })
  // An error of an idle connection is told by the next statement on it, or by `end`.
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query(sessionSettings(options))
    const server = await meetServer((text) => client.query(text))
    if (server.inRecovery) throw new StandbyError()
    // For the whole session: each beat is a transaction of its own.
    await client.query(`select set_config('synchronous_commit', 'on', false)
      where current_setting('synchronous_commit') in ('off', 'local', 'remote_write')`)
    return { client, history: server.expression, met: server.history }
  } catch (error) {
    void client.end().catch(() => undefined)
    throw error
  }
}

/** Cuts a connection without a word: what was under way on it fails. */
export function destroyFeedConnection({ client }: FeedConnection): void {
  // `end` closes the socket at once when a statement is under way, and says goodbye otherwise.
  client.end().catch(() => undefined)
}

/** Registers an instance: one INSERT that takes its place from the counter in the same statement. */
export async function registerInstance(
  { client, history }: FeedConnection,
  instance: { readonly id: string; readonly now: Date; readonly maxStalenessMs: number },
): Promise<Position> {
  const { rows } = await client.query<{
    applied: string
    id: string | null
    history: History | null
  }>(
    `insert into instance (id, applied, beat, started_at, max_staleness_ms)
       select $1, value, 0, $2, $3 from revision
       returning applied, ${history} as history,
         (select change.id from change where change.revision = instance.applied limit 1) as id`,
    [instance.id, instance.now, instance.maxStalenessMs],
  )
  const [row] = rows
  if (row === undefined) throw new Error('The database has no counter of revisions.')
  return { revision: Number(row.applied), id: row.id, history: row.history }
}

/** All that a round needs to know, in one statement and so in one snapshot. */
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
    floor: Number(row.floor),
    appliedId: row.applied_id,
    changes: row.changes,
    inRecovery: row.in_recovery,
    history: row.history,
  }
}

/** Acknowledges a revision, and beats. False when the row is gone: somebody evicted this instance. */
export async function acknowledge(
  { client }: FeedConnection,
  id: string,
  revision: number,
): Promise<boolean> {
  const result = await client.query(
    'update instance set applied = $2, beat = beat + 1 where id = $1',
    [id, revision],
  )
  return result.rowCount === 1
}

/** The beats of all, on this very connection, and on what staleness each counts. */
export async function loadHeartbeats({ client }: FeedConnection): Promise<StoredHeartbeat[]> {
  const { rows } = await client.query<{
    id: string
    applied: string
    beat: string
    max_staleness_ms: number
  }>('select id, applied, beat, max_staleness_ms from instance')
  return rows.map((row) => ({
    id: row.id,
    applied: Number(row.applied),
    beat: Number(row.beat),
    maxStalenessMs: row.max_staleness_ms,
  }))
}

/** Deletes the row of an instance if it still shows this beat. */
export async function evictInstance(
  { client }: FeedConnection,
  silent: { readonly id: string; readonly beat: number },
): Promise<boolean> {
  const result = await client.query('delete from instance where id = $1 and beat = $2', [
    silent.id,
    silent.beat,
  ])
  return result.rowCount === 1
}

export async function unregisterInstance({ client }: FeedConnection, id: string): Promise<void> {
  await client.query('delete from instance where id = $1', [id])
}

/** Asks to be told of each new revision on this connection. */
export async function listen({ client }: FeedConnection): Promise<void> {
  await client.query(`listen ${changeChannel}`)
}
