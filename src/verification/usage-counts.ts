/**
 * The uses of a key that are not written yet. A cached credential has its own, so that counting a use is a
 * write to memory at hand: a map of all keys took 2 us of a verification among 10,000.
 */
export interface UsageCounts {
  readonly apiKeyId: string
  readonly accountId: string
  /** When the key was issued: a whole number of milliseconds, as the service sets it. */
  readonly keyCreatedAtMs: number
  /** Says nothing while the count is 0. */
  lastUsedAtMs: number
  count: number
}

/** Of a key that was issued at `keyCreatedAt`. */
export function noUsage(
  key: { readonly id: string; readonly accountId: string },
  keyCreatedAt: Date,
): UsageCounts {
  return {
    apiKeyId: key.id,
    accountId: key.accountId,
    keyCreatedAtMs: keyCreatedAt.getTime(),
    lastUsedAtMs: 0,
    count: 0,
  }
}
