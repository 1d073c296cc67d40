import { DatabaseError } from 'pg'
import type { History } from '../domain/protocol/history.ts'

/** What a server reports of itself on a new session. */
export interface ServerIdentity {
  readonly inRecovery: boolean
  readonly history: History | null
  /** The SQL expression for the history of this server. */
  readonly expression: string
}

type Ask = (text: string) => Promise<{ readonly rows: readonly MetRow[] }>

interface MetRow {
  readonly in_recovery: boolean
  readonly history: History | null
}

/**
 * The history of a server, as far as the server can tell: its timeline, which a promotion raises,
 * the database, and the file of the counter's table; and the server's start. A restore changes one
 * of them. A standby has none.
 */
const postgresHistory = `case when pg_is_in_recovery() then null
  else json_build_object(
    'identity', concat_ws(' ', substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8),
      (select oid from pg_database where datname = current_database())::text,
      pg_relation_filenode(to_regclass('revision'))::text),
    'serverStart', extract(epoch from pg_postmaster_start_time())::text) end`

/**
 * Asks a session for its server's history. Where the functions are missing (YugabyteDB) there is
 * one history only.
 */
export async function identifyServer(ask: Ask): Promise<ServerIdentity> {
  try {
    return await askWith(ask, postgresHistory)
  } catch (error) {
    // A server with a temporary fault has a history all the same.
    if (!(error instanceof DatabaseError) || /^(08|53|57|58)/.test(error.code ?? '')) throw error
    return askWith(ask, 'null::json')
  }
}

async function askWith(ask: Ask, expression: string): Promise<ServerIdentity> {
  const { rows } = await ask(`select pg_is_in_recovery() as in_recovery, ${expression} as history`)
  return {
    inRecovery: rows[0]?.in_recovery === true,
    history: rows[0]?.history ?? null,
    expression,
  }
}
