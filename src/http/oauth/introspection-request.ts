import { maxRequiredPermissions } from '../../domain/limits.ts'
import { parseAddress } from '../../domain/network/address.ts'
import { isPermission, permissionPattern } from '../../domain/permission.ts'
import { isUuid } from '../../domain/uuid.ts'
import type { Attempt } from '../../domain/verdict.ts'

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
  const form = new URLSearchParams(body)
  for (const name of once) {
    if (form.getAll(name).length > 1) return refuse(`${name} must not be repeated.`)
  }
  const token = form.get('token')
  if (!token) return refuse('token is required.')
  const clientIp = form.get('client_ip') || undefined
  const address = clientIp === undefined ? undefined : parseAddress(clientIp)
  if (clientIp !== undefined && address === undefined) {
    return refuse('client_ip must be one IPv4 or IPv6 address.')
  }
  const accountId = form.get('account_id') || undefined
  if (accountId !== undefined && !isUuid(accountId)) return refuse('account_id must be a UUID.')
  const permissions = form.getAll('permission').filter((name) => name !== '')
  if (permissions.length > maxRequiredPermissions) {
    return refuse(`permission must not be given more than ${maxRequiredPermissions} times.`)
  }
  if (!permissions.every(isPermission)) {
    return refuse(`permission must match ${permissionPattern}.`)
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
