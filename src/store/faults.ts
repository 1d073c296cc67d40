import { DatabaseError } from 'pg'
import { ReadTimeoutError } from './run-statement.ts'

/** SQLSTATE classes and codes that mean: the database cannot serve this now, and says nothing about the request. */
const unavailableStates = [
  /^08/, // connection exception
  /^53/, // insufficient resources: too many connections, disk full, out of memory
  /^57P0/, // admin shutdown, crash shutdown, cannot connect now, database dropped
  /^57014$/, // statement timeout
  /^55P03$/, // lock not available
  /^25006$/, // read-only transaction: a standby, or a read-only pooler
  /^25P0[23]$/, // transaction failed or timed out while idle
  /^40001$/, // serialization failure, retries used up
  /^40P01$/, // deadlock, retries used up
  /^58/, // system error
  /^3D000$/, // database does not exist
  /^28/, // the server refuses our role or password
  /^XX/, // internal error of the server
]

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

/** What pg says, without a code, when a connection is lost or none can be had in time. */
const unavailableMessages =
  /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Cannot use a pool after|driver has already been destroyed|Client has encountered a connection error|The server does not support SSL|Connection ended)/

/**
 * A server that only follows answered, whose word may be old, or one that takes no writes from us. The
 * cause is in the settings or in a pooler.
 */
export class StandbyError extends Error {
  override readonly name = 'StandbyError'

  constructor(cause?: unknown) {
    super(
      'The database is a standby or read-only. DATABASE_URL must name the server that accepts writes.',
      cause === undefined ? undefined : { cause },
    )
  }
}

/**
 * The connection was lost at COMMIT: the transaction may have happened or not. It is never tried again
 * blindly.
 */
export class OutcomeUnknownError extends Error {
  override readonly name = 'OutcomeUnknownError'

  constructor(cause: unknown) {
    super('The database connection was lost during commit.', { cause })
  }
}

/** The same error, or the one that names its cause: a statement that writes was refused (25006). */
export function explainReadOnly(error: unknown): unknown {
  const isReadOnly = error instanceof DatabaseError && error.code === '25006'
  return isReadOnly ? new StandbyError(error) : error
}

/** Whether an error means that the database is away: 503 for the caller, never a denial. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof DatabaseError) {
    return unavailableStates.some((state) => state.test(error.code ?? ''))
  }
  if (error instanceof StandbyError || error instanceof ReadTimeoutError) return true
  if (error instanceof AggregateError) return error.errors.some(isUnavailable)
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? String(error.code) : ''
  return unavailableErrnos.has(code) || unavailableMessages.test(error.message)
}

/** Whether the database refused a statement by this constraint or unique index. */
export function violates(error: unknown, constraint: string): boolean {
  return error instanceof DatabaseError && error.constraint === constraint
}

/** Whether a transaction lost against another and may be tried again: 40001 serialization failure, 40P01 deadlock. */
export function isRetryable(error: unknown): boolean {
  return error instanceof DatabaseError && (error.code === '40001' || error.code === '40P01')
}
