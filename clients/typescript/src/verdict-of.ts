import { expiresSoon, type Verdict as Judged, type KeyFacts } from '../../../src/domain/verdict.ts'
import type { Verdict, VerifiedKey } from './verdict.ts'

const expiring = Object.freeze(['expires_soon'] as const)

/** A verdict as `POST /v1/verify` answers it. */
export function verdictOf(judged: Judged, expiryWarningMs: number): Verdict {
  const { key } = judged
  if (!judged.valid) {
    const { reason } = judged
    if (key === undefined) return { valid: false, reason }
    return { valid: false, reason, api_key: keyOf(key), generation: key.generation }
  }
  const { generation, permissions } = judged.key
  const api_key = keyOf(judged.key)
  const isExpiring =
    judged.key.expiresAt !== null && expiresSoon(judged.key, new Date(), expiryWarningMs)
  if (isExpiring) return { valid: true, api_key, generation, permissions, warnings: expiring }
  return { valid: true, api_key, generation, permissions }
}

function keyOf({ id, accountId, name, role, expiresAtText }: KeyFacts): VerifiedKey {
  return { id, account_id: accountId, name, role, expires_at: expiresAtText }
}
