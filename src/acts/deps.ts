import type { Logger } from 'pino'
import type { AuditKeys } from '../domain/audit/audit-key.ts'
import type { ChainHead } from '../domain/audit/entry-hash.ts'
import type { Freshness } from '../freshness/freshness.ts'
import type { Database } from '../store/database.ts'

/** What a new id needs. */
export interface IdDeps {
  /** The wall clock of this instance. */
  readonly now: () => Date
  /** The system's CSPRNG. */
  readonly randomBytes: (size: number) => Buffer
}

/** What an audit event needs. */
export interface AuditDeps extends IdDeps {
  /** What the entry hashes of the audit log are keyed with. */
  readonly auditKeys: AuditKeys
  /**
   * The head hashes that this instance wrote last, for some accounts; absent: the database is
   * asked.
   */
  readonly chainHeads?: ChainHeads
}

export interface ChainHeads {
  get(accountId: string): ChainHead | undefined
  set(accountId: string, head: ChainHead): unknown
}

/** What an act needs. */
export interface ActDeps extends AuditDeps {
  readonly db: Database
  /** The cache of this process, which every act that announces a change invalidates. */
  readonly freshness: Pick<Freshness, 'invalidate'>
  /** Whether the database supports NOTIFY. */
  readonly notifies: boolean
  readonly log: Pick<Logger, 'error'>
}
