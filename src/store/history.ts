import type { History } from '../domain/protocol/history.ts'
import { isNotOffered } from './faults.ts'
import { type Product, productOf } from './product.ts'
import { type SessionReport, type Unenforced, unenforcedExpression } from './server-fitness.ts'

/** What a server reports of itself on a new session. */
export interface ServerIdentity extends SessionReport {
  readonly product: Product
  readonly history: History | null
  /** The SQL expression for the history of this server. */
  readonly expression: string
}

type Ask = (text: string) => Promise<{ readonly rows: readonly MetRow[] }>

interface MetRow {
  readonly version: string
  readonly in_recovery: boolean
  readonly unenforced: Unenforced | null
  readonly has_tables: boolean
  readonly search_path: string
  readonly history: History | null
}

/**
 * The history of a PostgreSQL server, as far as the server can tell: its timeline, which a
 * promotion raises, the database, and the file of the counter's table; and the server's start. A
 * restore changes one of them. A standby has none.
 */
const postgresHistory = `case when pg_is_in_recovery() then null
  else json_build_object(
    'identity', concat_ws(' ', substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8),
      (select oid from pg_database where datname = current_database())::text,
      pg_relation_filenode(to_regclass('revision'))::text),
    'serverStart', extract(epoch from pg_postmaster_start_time())::text) end`

/**
 * The history of a YugabyteDB cluster: the database and the counter's table, which are the same on
 * every node and other ones after a restore into a new database or a switch to another cluster.
 * Timeline and start would be those of the node that happens to answer, which has no history of its
 * own: the cluster commits by consensus. The timeline is 0 throughout.
 */
const yugabyteHistory = `json_build_object(
  'identity', concat_ws(' ', '00000000', 'yugabyte',
    (select oid from pg_database where datname = current_database())::text,
    to_regclass('revision')::oid::text),
  'serverStart', '')`

/** CASE evaluates one of the two: YugabyteDB refuses the functions of PostgreSQL's. */
const eitherHistory = `case when version() like '%-YB-%' then ${yugabyteHistory}
  else ${postgresHistory} end`

/**
 * Asks a session for its server's history. Where the functions are missing, as on a product that
 * only resembles PostgreSQL, there is one history only.
 */
export async function identifyServer(ask: Ask): Promise<ServerIdentity> {
  try {
    const identity = await askWith(ask, eitherHistory)
    const isYugabyte = identity.product.name === 'YugabyteDB'
    return { ...identity, expression: isYugabyte ? yugabyteHistory : postgresHistory }
  } catch (error) {
    // A server with any other fault has a history: without it, it would pass for the primary after
    // it was deposed.
    if (!isNotOffered(error)) throw error
    const expression = 'null::json'
    return { ...(await askWith(ask, expression)), expression }
  }
}

async function askWith(ask: Ask, expression: string): Promise<Omit<ServerIdentity, 'expression'>> {
  const { rows } = await ask(
    `select version() as version, pg_is_in_recovery() as in_recovery,
      ${unenforcedExpression} as unenforced, to_regclass('revision') is not null as has_tables,
      current_setting('search_path') as search_path, ${expression} as history`,
  )
  return {
    product: productOf(rows[0]?.version ?? ''),
    inRecovery: rows[0]?.in_recovery === true,
    unenforced: rows[0]?.unenforced ?? null,
    hasTables: rows[0]?.has_tables === true,
    searchPath: rows[0]?.search_path ?? '',
    history: rows[0]?.history ?? null,
  }
}
