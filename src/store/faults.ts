import { DatabaseError } from 'pg'
import { ReadTimeoutError } from './tuning/run-statement.ts'
import { UnreadableTimeError } from './types.ts'

/**
 * SQLSTATE classes of faults of a statement or of its parameters. Any other code means that the
 * database cannot serve now, and says nothing about the request: so do the errors that a function
 * raises (P0, 38, 39, 2F), since a function of ours raises none.
 */
const statementStates = /^(0A|0Z|20|21|22|23|24|26|27|2B|2D|34|3B|42|54)|^25001$/
/**
 * A statement of ours is right on our schema. So these mean that the database is not what it should
 * be: a privilege is revoked (42501), or a table (42P01), a column (42703), a function (42883), a
 * type (42704) or a unique index (42P10) is gone or another one (42809, 42804), such as during a
 * restore.
 */
const schemaStates = new Set([
  '42501',
  '42P01',
  '42703',
  '42883',
  '42704',
  '42P10',
  '42809',
  '42804',
])

/**
 * A connection could not be made, for whatever reason, or was lost while in use. The message is
 * that of the cause, which is no `cause` of this error: a log would have both messages.
 */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError'
  readonly code: unknown

  constructor(cause: unknown, message = cause instanceof Error ? cause.message : String(cause)) {
    super(message)
    if (!(cause instanceof Error)) return
    if ('code' in cause) this.code = cause.code
    if (cause.stack !== undefined) this.stack = cause.stack
  }
}

/** None of the servers that a database URL names can be used. */
export class NoServerError extends Error {
  override readonly name = 'NoServerError'
}

const unavailableErrnos = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'EMFILE',
])

/** Messages of pg errors without a code that mean a lost connection, or none in time. */
const unavailableMessages =
  /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Cannot use a pool after|driver has already been destroyed|Client has encountered a connection error|The server does not support SSL|Connection ended)/

/**
 * A standby answered, which may lag behind, or a server that refuses writes. The cause is in the
 * settings or in a pooler.
 */
export class StandbyError extends Error {
  override readonly name = 'StandbyError'

  constructor(
    message = 'The database is a standby or read-only. DATABASE_URL must name the server that accepts writes.',
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

/**
 * A connection reached a server of another history than this instance follows, such as a deposed
 * primary.
 */
export class OtherHistoryError extends Error {
  override readonly name = 'OtherHistoryError'

  constructor() {
    super('The connection is to a server with another history than this instance follows.')
  }
}

/**
 * The database answers, and is not what the service needs: by its settings or its schema, as an
 * operator or a restore left them. The message names the remedy.
 */
export class UnfitDatabaseError extends Error {
  override readonly name = 'UnfitDatabaseError'
}

/**
 * The database did not confirm a COMMIT: the transaction may have happened or not, and is not
 * retried. The connection was lost, or the server itself does not know (40003,
 * statement_completion_unknown; 08007, transaction_resolution_unknown).
 */
export class OutcomeUnknownError extends Error {
  override readonly name = 'OutcomeUnknownError'

  constructor(cause: unknown) {
    super('The database did not confirm the commit.', { cause })
  }
}

/** The same error, or StandbyError when the server refused to write (25006). */
export function explainReadOnly(error: unknown): unknown {
  const isReadOnly = error instanceof DatabaseError && error.code === '25006'
  return isReadOnly ? new StandbyError(undefined, { cause: error }) : error
}

/** Whether an error means that the database is unavailable: 503 for the caller, never a denial. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof DatabaseError) {
    const { code = '' } = error
    return schemaStates.has(code) || !statementStates.test(code)
  }
  if (error instanceof ConnectionError || error instanceof UnreadableTimeError) return true
  if (error instanceof NoServerError || error instanceof UnfitDatabaseError) return true
  if (error instanceof StandbyError || error instanceof OtherHistoryError) return true
  if (error instanceof ReadTimeoutError) return true
  if (error instanceof AggregateError) return error.errors.some(isUnavailable)
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? String(error.code) : ''
  // The TLS error codes of OpenSSL and Node.
  if (/^(EPROTO$|ERR_SSL_|ERR_TLS_)/.test(code)) return true
  return unavailableErrnos.has(code) || unavailableMessages.test(error.message)
}

/** An error while connecting is an outage, whatever its code. */
export function whileConnecting(error: unknown): unknown {
  return error instanceof DatabaseError || !isUnavailable(error)
    ? new ConnectionError(error)
    : error
}

/**
 * Names what fails while a connection is used and is no answer of the server: the connection broke,
 * whatever the code of the error. A fault of the code itself, such as a TypeError, stays what it
 * is.
 */
export function whileUsing(error: unknown): unknown {
  const isOwnFault =
    error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError
  if (error instanceof DatabaseError || isOwnFault || isUnavailable(error)) return error
  return new ConnectionError(error)
}

/** Whether the database refused a statement by this constraint or unique index. */
export function violates(error: unknown, constraint: string): boolean {
  return error instanceof DatabaseError && error.constraint === constraint
}

/**
 * Whether a transaction lost against another one and may be retried: 40001 serialization failure,
 * 40P01 deadlock.
 */
export function isRetryable(error: unknown): boolean {
  return error instanceof DatabaseError && (error.code === '40001' || error.code === '40P01')
}

/**
 * Whether a server does not know what a statement names, or not allow it (class 42), or not
 * implement it (0A), and so will never do it; not a fault that passes.
 */
export function isNotOffered(error: unknown): boolean {
  return error instanceof DatabaseError && /^(42|0A)/.test(error.code ?? '')
}
