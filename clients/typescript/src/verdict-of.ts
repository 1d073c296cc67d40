import { expiresSoon, type Verdict as Judged, type KeyFacts } from '../../../src/domain/verdict.ts'
import type { Attachment } from '../../../src/edge/attachment.ts'
import type { Verdict, VerifiedKey } from './verdict.ts'

const expiring = Object.freeze(['expires_soon'] as const)

/** A verdict as `POST /v1/verify` answers it, with the warnings of the attached service. */
export function verdictOf(
  judged: Judged,
  attachment: Pick<Attachment, 'expiryWarningMs' | 'wallTime'>,
): Verdict {
  const { key } = judged
  if (!judged.valid) {
    const { reason } = judged
    if (key === undefined) return { valid: false, reason }
    return { valid: false, reason, api_key: keyOf(key), generation: key.generation }
  }
  const { generation, permissions } = judged.key
  const api_key = keyOf(judged.key)
  const isExpiring =
    judged.key.expiresAt !== null &&
    expiresSoon(judged.key, attachment.wallTime(), attachment.expiryWarningMs)
  if (isExpiring) return { valid: true, api_key, generation, permissions, warnings: expiring }
  return { valid: true, api_key, generation, permissions }
}

function keyOf({ id, accountId, name, role, expiresAtText }: KeyFacts): VerifiedKey {
  return { id, account_id: accountId, name, role, expires_at: expiresAtText }
}
