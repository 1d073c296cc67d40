import { maxRequiredPermissions } from '../../domain/limits.ts'
import { parseAddress } from '../../domain/network/address.ts'
import { isPermission } from '../../domain/permission.ts'
import { isUuid } from '../../domain/uuid.ts'
import type { Attempt } from '../../domain/verdict.ts'
import { expectedAddress, expectedPermission, expectedUuid } from '../expected-value.ts'
import { isPercentEncodedUtf8 } from '../query-string.ts'

export type IntrospectionRequest =
  | { readonly ok: true; readonly token: string; readonly attempt: Attempt }
  /** A message for people. */
  | { readonly ok: false; readonly fault: string }

/** The defined parameters, except `permission`, which may be repeated. */
const once = ['token', 'token_type_hint', 'client_ip', 'account_id'] as const

/**
 * Parses a form (RFC 7662, section 2.1) with the extension parameters. By RFC 6749, section 3.1, a
 * parameter without a value counts as absent, a defined parameter must not be repeated, and an
 * unknown parameter is ignored.
 */
export function parseIntrospectionRequest(body: string): IntrospectionRequest {
  if (!isPercentEncodedUtf8(body)) {
    return refuse('The form must be percent-encoded UTF-8. Write % itself as %25.')
  }
  const form = new URLSearchParams(body)
  for (const name of once) {
    if (form.getAll(name).length > 1) return refuse(`${name} must not be repeated.`)
  }
  const token = form.get('token')
  if (!token) return refuse('token is required.')
  const clientIp = form.get('client_ip') || undefined
  const address = clientIp === undefined ? undefined : parseAddress(clientIp)
  if (clientIp !== undefined && address === undefined) {
    return refuse(`client_ip must be ${expectedAddress}.`)
  }
  const accountId = form.get('account_id') || undefined
  if (accountId !== undefined && !isUuid(accountId))
    return refuse(`account_id must be ${expectedUuid}.`)
  const permissions = form.getAll('permission').filter((name) => name !== '')
  if (permissions.length > maxRequiredPermissions) {
    return refuse(`permission must not be given more than ${maxRequiredPermissions} times.`)
  }
  if (!permissions.every(isPermission)) {
    return refuse(
      `permission must be ${expectedPermission}. Repeat the parameter to require several.`,
    )
  }
  return {
    ok: true,
    token,
    attempt: { address, permissions, accountId: accountId?.toLowerCase() },
  }
}

function refuse(fault: string): IntrospectionRequest {
  return { ok: false, fault }
}
