import type { Verdict } from './verdict.ts'

/**
 * The verdicts of an answer to so many attempts. Undefined if it is no such answer: whatever is not
 * plainly a verdict must not be taken for one.
 */
export function toVerdicts(answer: unknown, count: number): readonly Verdict[] | undefined {
  if (count === 1) return isVerdict(answer) ? [answer] : undefined
  if (typeof answer !== 'object' || answer === null || !('verdicts' in answer)) return undefined
  const { verdicts } = answer
  if (!Array.isArray(verdicts) || verdicts.length !== count) return undefined
  return verdicts.every(isVerdict) ? verdicts : undefined
}

function isVerdict(value: unknown): value is Verdict {
  if (typeof value !== 'object' || value === null || !('valid' in value)) return false
  if (value.valid === false) return 'reason' in value && typeof value.reason === 'string'
  if (value.valid !== true || !('api_key' in value) || !('permissions' in value)) return false
  const { api_key: key, permissions } = value
  const isKey = typeof key === 'object' && key !== null && 'id' in key && 'account_id' in key
  return isKey && Array.isArray(permissions)
}
