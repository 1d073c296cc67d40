import type { TransactionStatus } from './messages.ts'

/** One request of a client: a Query, or all up to a Sync. */
export interface Request {
  /** The application name of the client. */
  readonly application: string
  readonly text: string
  /** The state of the session before the request. */
  readonly status: TransactionStatus
}

/** What becomes of a request. */
export type RequestOutcome =
  | { readonly kind: 'pass' }
  /** The server refuses the statement, and does not execute it. */
  | { readonly kind: 'refuse'; readonly code: string }
  /** The connection is lost before the server has the request, or before the client its answer. */
  | { readonly kind: 'cut before' | 'cut after' }
  /** COMMIT is answered with an error, whatever has happened. */
  | { readonly kind: 'fail commit'; readonly code: string; readonly isCommitted: boolean }

/** How a notification arrives. */
export type Delivery = 'once' | 'twice' | 'late' | 'never'

/** Decides what goes wrong. */
export interface FaultPlan {
  ofRequest(request: Request): RequestOutcome
  ofNotification(): Delivery
  /** By how many milliseconds an answer is late. */
  delayMs(): number
  /** Whether an answer arrives byte by byte. */
  isFragmented(): boolean
  /** Whether something that the client did not ask for comes before an answer. */
  hasAside(): boolean
  /** Whether LISTEN is ignored with a warning. */
  readonly ignoresListen: boolean
  /** Whether each statement that defines something commits by itself. */
  readonly commitsDefinitions: boolean
  /** Whether each connection seems to lead to a server with a start of its own. */
  readonly hasManyStarts: boolean
}

type Lots = () => number

export const pass: RequestOutcome = { kind: 'pass' }
/** What the service retries by itself: serialization_failure and deadlock_detected. */
const losses = ['40001', '40P01'] as const
/** And what it may not retry, or not at once. */
const faults = [...losses, '40003', 'XX000', '57P01', '53300', '08006'] as const

/**
 * Faults that no caller of the service may notice: the answers of all tests must be as without
 * them.
 */
export function mildFaults(lots: Lots): FaultPlan {
  return {
    ofRequest: ({ application, status, text }) => {
      if (!isOurs(application) || status !== 'T') return pass
      const code = pick(losses, lots)
      if (isCommit(text)) {
        return lots() < 0.03 ? { kind: 'fail commit', code, isCommitted: false } : pass
      }
      return !isRollback(text) && lots() < 0.01 ? { kind: 'refuse', code } : pass
    },
    ofNotification: () => (lots() < 0.3 ? 'twice' : 'once'),
    delayMs: () => (lots() < 0.02 ? 10 * lots() : 0),
    isFragmented: () => lots() < 0.05,
    hasAside: () => lots() < 0.1,
    ignoresListen: false,
    commitsDefinitions: false,
    hasManyStarts: false,
  }
}

/** Everything that may go wrong between a service and its database. */
export function harshFaults(lots: Lots): FaultPlan {
  return {
    ofRequest: ({ status, text }) => {
      const lot = lots()
      const code = pick(faults, lots)
      if (status === 'T' && isCommit(text)) {
        if (lot < 0.02) return { kind: 'fail commit', code, isCommitted: false }
        // The server says so only of an outcome that it does not know.
        if (lot < 0.03) return { kind: 'fail commit', code: '40003', isCommitted: true }
      }
      if (lot < 0.002) return { kind: 'cut after' }
      if (lot < 0.004) return { kind: 'cut before' }
      return lot < 0.01 && !isRollback(text) ? { kind: 'refuse', code } : pass
    },
    ofNotification: () => pick(['once', 'twice', 'late', 'never'], lots),
    delayMs: () => (lots() < 0.02 ? 200 * lots() : 0),
    isFragmented: () => lots() < 0.02,
    hasAside: () => lots() < 0.1,
    ignoresListen: false,
    commitsDefinitions: true,
    hasManyStarts: false,
  }
}

/** The application names of the service's connections. */
function isOurs(application: string): boolean {
  return application.startsWith('aeon-keys')
}

export function isCommit(text: string): boolean {
  return /^\s*commit\b/i.test(text)
}

function isRollback(text: string): boolean {
  return /^\s*rollback\b/i.test(text)
}

function pick<T>(values: readonly [T, ...T[]], lots: Lots): T {
  return values[Math.floor(lots() * values.length)] ?? values[0]
}
