import { StandbyError, UnfitDatabaseError } from './faults.ts'

/**
 * Why constraints and triggers do not hold in a session, as the server reports it; null when they
 * do.
 */
export interface Unenforced {
  readonly replicationRole: string
  readonly role: string
  readonly disabled: readonly string[]
}

/** The tables of ours that have a trigger, or a constraint that is one. */
export const guardedTables = [
  'account',
  'allow_list',
  'api_key',
  'api_key_allow_list',
  'api_key_usage',
  'credential',
  'idempotent_request',
  'invitation',
  'membership',
  'pepper',
  'person',
  'role',
  'session',
  'sign_in_link',
  'tag_key',
  'user_request',
  'user_session',
] as const

/** Triggers of ours, beside those of foreign keys; another application may have others. */
export const ownTriggers = [
  'allow_list_version',
  'api_key_words_of_new',
  'api_key_words_of_changed',
] as const

const literals = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(', ')

/** The triggers of ours that are disabled, as an aborted `pg_restore` leaves them. */
const disabledTriggers = `coalesce((
  select json_agg(distinct tgrelid::regclass::text) from pg_trigger
  where tgrelid in (select to_regclass(name)
      from unnest(array[${literals(guardedTables)}]) as name)
    and (tgisinternal or tgname in (${literals(ownTriggers)}))
    and tgenabled not in ('O', 'A')), '[]')`

/** The SQL expression for Unenforced. */
export const unenforcedExpression = `(select case
    when current_setting('session_replication_role') = 'origin' and disabled::text = '[]' then null
    else json_build_object(
      'replicationRole', current_setting('session_replication_role'),
      'role', current_user,
      'disabled', disabled) end
  from (select ${disabledTriggers} as disabled) as found)`

/** What a new session says of its server. */
export interface SessionReport {
  readonly inRecovery: boolean
  readonly unenforced: Unenforced | null
  /** Whether the session finds the tables of this service. */
  readonly hasTables: boolean
  readonly searchPath: string
}

/**
 * Throws an Error that names the remedy when the service must not use a session. Every new session
 * is asked, since a failover, a restore and the settings of a role change the answer while the
 * service runs. `needsTables` says whether the service has met its tables before.
 */
export function requireFit(report: SessionReport, needsTables: boolean): void {
  const { inRecovery, unenforced, hasTables, searchPath } = report
  if (inRecovery) throw new StandbyError()
  if (needsTables && !hasTables) {
    throw new UnfitDatabaseError(
      `The session finds no table of aeon-keys: no schema of its search_path (${searchPath}) has them, ` +
        'or its role may not use that schema. Restore the search_path, or: grant usage on schema NAME.',
    )
  }
  if (unenforced !== null) throw new UnfitDatabaseError(explainUnenforced(unenforced))
}

/** Why constraints and triggers do not hold, and the remedy. */
export function explainUnenforced({ replicationRole, role, disabled }: Unenforced): string {
  const faults: string[] = []
  if (replicationRole !== 'origin') {
    faults.push(
      `session_replication_role is ${replicationRole}, so that constraints and triggers do not hold. ` +
        `Reset it: alter role ${role} reset session_replication_role, or the same of the database.`,
    )
  }
  if (disabled.length > 0) {
    faults.push(
      `Triggers or constraints are disabled on ${disabled.join(', ')}. Enable them, for each table: ` +
        'alter table NAME enable trigger all.',
    )
  }
  return faults.join(' ')
}
