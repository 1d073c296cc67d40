/**
 * The settings of every session, made by a statement and not in the start-up packet, which poolers
 * refuse. An operator's defaults must not change what the statements of store/ rely on.
 *
 * On YugabyteDB a read sees every commit that was acknowledged before it, never a follower's older
 * state. These settings do not exist on PostgreSQL, and are skipped there.
 *
 * Behind a transaction pooler the settings stay on the server connection, for any client of the
 * same database user, and other server connections lack them: docs/operations.md says what to do.
 */
export function sessionSettings(options: {
  readonly statementTimeoutMs: number
  readonly isolation?: string
}): string {
  return [
    `set statement_timeout = ${Math.ceil(options.statementTimeoutMs)}`,
    `set idle_in_transaction_session_timeout = ${Math.ceil(options.statementTimeoutMs * 2)}`,
    `set default_transaction_isolation = '${options.isolation ?? 'read committed'}'`,
    ...pinned.map(([name, value]) => `set ${name} = ${value}`),
    ...yugabyteSettings.map(setWhereKnown),
  ].join('; ')
}

/**
 * Settings that a role or a database may default otherwise, and that would change a result or the
 * meaning of a statement. `default_transaction_read_only` is not among them: an operator who sets
 * it refuses writes on purpose.
 */
const pinned = [
  ['timezone', `'UTC'`],
  ['datestyle', `'ISO, MDY'`],
  ['intervalstyle', `'postgres'`],
  ['bytea_output', `'hex'`],
  ['client_encoding', `'UTF8'`],
  ['extra_float_digits', '1'],
  ['standard_conforming_strings', 'on'],
  ['array_nulls', 'on'],
  ['transform_null_equals', 'off'],
  ['exit_on_error', 'off'],
  ['row_security', 'on'],
  ['default_transaction_deferrable', 'off'],
  ['xmlbinary', `'base64'`],
  ['lc_numeric', `'C'`],
  ['lc_monetary', `'C'`],
  ['lc_time', `'C'`],
] as const

const yugabyteSettings = [
  ['yb_read_from_followers', 'off'],
  ['yb_read_after_commit_visibility', 'strict'],
] as const

function setWhereKnown([name, value]: readonly [name: string, value: string]): string {
  return `select set_config('${name}', '${value}', false)
    where current_setting('${name}', true) is not null`
}

/** An acknowledged commit is on disk, whatever the server's default; a stronger setting is kept. */
export const commitDurably = `select set_config('synchronous_commit', 'on', true)
  where current_setting('synchronous_commit') in ('off', 'local', 'remote_write')`
