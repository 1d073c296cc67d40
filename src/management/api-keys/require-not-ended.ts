import { type ApiKey, isExpired } from '../../domain/key/api-key.ts'
import { type Fault, ServiceError } from '../../errors.ts'
import type { StoreTransaction } from '../../store/database.ts'
import { loadDatabaseClock } from '../../store/database-clock.ts'

/** The rule that a new expiry breaks, if any. Null: never. */
export function expiryFaults(expiresAt: Date | null, now: Date): Fault[] {
  if (expiresAt === null || expiresAt > now) return []
  return [{ field: '/expires_at', rule: 'future', message: 'The time must be in the future.' }]
}

/** Throws `key_revoked` for a revoked key. */
export function requireUnrevoked(key: Pick<ApiKey, 'revokedAt'>): void {
  if (key.revokedAt !== null) throw new ServiceError('key_revoked', 'The key is revoked.')
}

/**
 * Throws `key_expired` for a key that has expired by the clock of the instance or of the database:
 * no act takes an expiry back, not even on an instance whose clock is behind.
 */
export async function requireUnexpired(
  trx: StoreTransaction,
  key: Pick<ApiKey, 'expiresAt' | 'released'>,
  now: Date,
): Promise<void> {
  const hasExpired =
    isExpired(key, now) || (key.expiresAt !== null && isExpired(key, await loadDatabaseClock(trx)))
  if (!hasExpired) return
  throw new ServiceError('key_expired', 'The key has expired and cannot be changed.')
}
