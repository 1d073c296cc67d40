/** How many connections serve what, out of DATABASE_POOL_MAX. */
export interface PoolSizes {
  /** Serve verifications and nothing else. */
  readonly verification: number
  /** Of these, how many may wait for a lock on one key at once: never all of them. */
  readonly lockingFirstUses: number
  /** Serve everything else. */
  readonly management: number
  /** Of the management connections, how many one account may hold. */
  readonly managementPerAccount: number
  /** Of the management connections, how many serve long reads. */
  readonly longReads: number
  readonly longReadsPerAccount: number
}

/**
 * Four connections suffice for verifications: one statement under way loads credentials for all who
 * wait, one records first uses, and two serve what may wait for a lock on a key, of two accounts.
 * A pool of one counts as two, one of each kind. One account runs one long read at once with the
 * default pool of ten: two of them kept two processors of the database busy.
 */
export function poolSizesOf(max: number): PoolSizes {
  const verification = Math.min(4, Math.max(1, Math.floor(max / 2)))
  const management = Math.max(1, max - verification)
  const longReads = Math.max(1, Math.floor(management / 2))
  return {
    verification,
    lockingFirstUses: Math.max(0, verification - 2),
    management,
    managementPerAccount: Math.max(1, Math.min(management - 1, Math.ceil((management * 2) / 3))),
    longReads,
    longReadsPerAccount: Math.max(1, Math.floor(longReads / 2)),
  }
}
