import { maxRequiredPermissions } from '../limits.ts'
import { parseAddress } from '../network/address.ts'
import { isPermission } from '../permission-form.ts'
import { isUuid } from '../uuid.ts'
import type { Attempt } from '../verdict.ts'
import { isText } from './message-checks.ts'

/** What a token is used for, as the callers of an edge write it. */
export interface Conditions {
  readonly clientIp?: unknown
  readonly permissions?: unknown
  readonly accountId?: unknown
}

/** The conditions, or a sentence that says which of them breaks a rule. */
export type ParsedConditions = { readonly attempt: Attempt } | { readonly fault: string }

/**
 * Parses conditions by the rules of `POST /v1/verify`, for an edge, which may answer from memory,
 * and for the instance, which answers its questions: no outcome depends on which of them answers.
 */
export function parseConditions({
  clientIp,
  permissions,
  accountId,
}: Conditions): ParsedConditions {
  const address = isText(clientIp) ? parseAddress(clientIp) : undefined
  if (clientIp !== undefined && address === undefined) {
    return { fault: 'clientIp is no IPv4 or IPv6 address.' }
  }
  const required = permissions === undefined ? [] : permissions
  if (!isListOfPermissions(required)) {
    const form = 'names such as cluster:read'
    return { fault: `permissions is no list of at most ${maxRequiredPermissions} ${form}.` }
  }
  if (accountId === undefined) {
    return { attempt: { address, permissions: required, accountId } }
  }
  if (!isText(accountId) || !isUuid(accountId)) return { fault: 'accountId is no UUID.' }
  return { attempt: { address, permissions: required, accountId: accountId.toLowerCase() } }
}

function isListOfPermissions(value: unknown): value is readonly string[] {
  if (!Array.isArray(value) || value.length > maxRequiredPermissions) return false
  // In contrast to `some`, `findIndex` looks at the holes of a sparse list.
  return value.findIndex((one) => !isText(one) || !isPermission(one)) === -1
}
