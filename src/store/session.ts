/**
 * What every session is told first, by statement and not in the start-up packet, which poolers refuse.
 * An operator's defaults must not change what the statements of store/ rely on.
 *
 * On YugabyteDB a read sees every commit that was acknowledged before it: never a follower's older
 * state. PostgreSQL does not know these settings, and is not told.
 */
export function sessionSettings(options: {
  readonly statementTimeoutMs: number
  readonly isolation?: string
}): string {
  return [
    `set statement_timeout = ${Math.ceil(options.statementTimeoutMs)}`,
    `set idle_in_transaction_session_timeout = ${Math.ceil(options.statementTimeoutMs * 2)}`,
    `set default_transaction_isolation = '${options.isolation ?? 'read committed'}'`,
    `set timezone = 'UTC'`,
    ...yugabyteSettings.map(setWhereKnown),
  ].join('; ')
}

const yugabyteSettings = [
  ['yb_read_from_followers', 'off'],
  ['yb_read_after_commit_visibility', 'strict'],
] as const

function setWhereKnown([name, value]: readonly [name: string, value: string]): string {
  return `select set_config('${name}', '${value}', false)
    where current_setting('${name}', true) is not null`
}

/** An acknowledged commit is on the disk, whatever the server's default; a stronger setting is kept. */
export const commitDurably = `select set_config('synchronous_commit', 'on', true)
  where current_setting('synchronous_commit') in ('off', 'local', 'remote_write')`
