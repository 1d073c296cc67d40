import { type ApiKey, isExpired } from '../../domain/api-key.ts'
import { type Fault, ServiceError } from '../../errors.ts'

/** The rule that a new expiry breaks, if any. Null: never. */
export function expiryFaults(expiresAt: Date | null, now: Date): Fault[] {
  if (expiresAt === null || expiresAt > now) return []
  return [{ field: '/expires_at', rule: 'future', message: 'The time must be in the future.' }]
}

/** Throws `key_revoked` for a key that has ended for good by revocation. */
export function requireUnrevoked(key: Pick<ApiKey, 'revokedAt'>): void {
  if (key.revokedAt !== null) throw new ServiceError('key_revoked', 'The key is revoked.')
}

/** Throws `key_expired`: once it has passed, no act takes an expiry back. */
export function requireUnexpired(key: Pick<ApiKey, 'expiresAt'>, now: Date): void {
  if (!isExpired(key, now)) return
  throw new ServiceError('key_expired', 'The key has expired and cannot be changed.')
}
