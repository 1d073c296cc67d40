import { DatabaseError } from 'pg'
import type { History } from '../domain/protocol/history.ts'

/** What a session said of its server when it began. */
export interface MetServer {
  readonly inRecovery: boolean
  readonly history: History | null
  /** The expression for the history that this server writes. */
  readonly expression: string
}

type Ask = (text: string) => Promise<{ readonly rows: readonly MetRow[] }>

interface MetRow {
  readonly in_recovery: boolean
  readonly history: History | null
}

/**
 * The history that a server writes, as far as it can tell: its timeline, which a promotion raises,
 * which database this is and the file that holds the counter; and when it was started. A restore
 * changes one of them. A standby writes no history.
 */
const postgresHistory = `case when pg_is_in_recovery() then null
  else json_build_object(
    'timeline', concat_ws(' ', substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8),
      (select oid from pg_database where datname = current_database())::text,
      pg_relation_filenode(to_regclass('revision'))::text),
    'serverStart', extract(epoch from pg_postmaster_start_time())::text) end`

/** Asks a session for its server. Where the functions do not work (YugabyteDB) there is one history only. */
export async function meetServer(ask: Ask): Promise<MetServer> {
  try {
    return await askWith(ask, postgresHistory)
  } catch (error) {
    // A server that was in trouble for a moment has a history all the same.
    if (!(error instanceof DatabaseError) || /^(08|53|57|58)/.test(error.code ?? '')) throw error
    return askWith(ask, 'null::json')
  }
}

async function askWith(ask: Ask, expression: string): Promise<MetServer> {
  const { rows } = await ask(`select pg_is_in_recovery() as in_recovery, ${expression} as history`)
  return {
    inRecovery: rows[0]?.in_recovery === true,
    history: rows[0]?.history ?? null,
    expression,
  }
}
