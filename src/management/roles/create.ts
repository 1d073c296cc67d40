import { act, nothingChanged } from '../../acts/act.ts'
import { requireGrantable } from '../../acts/authority.ts'
import type { ActDeps } from '../../acts/deps.ts'
import {
  type Created,
  findEarlierResource,
  type IdempotentRequest,
} from '../../acts/idempotency.ts'
import { newId } from '../../acts/ids.ts'
import { resourceOf, snapshotOfRole } from '../../domain/audit/snapshots.ts'
import type { CallerPrincipal } from '../../domain/principal.ts'
import { notFound } from '../../errors.ts'
import { isPlatformAccount } from '../../store/accounts.ts'
import { findRoleWithEffects, insertRole, type RoleWithEffects } from '../../store/roles.ts'
import { requireLockedCatalogue } from './catalogue.ts'
import { allOf, type RoleRequest, refuseTakenName, validateRole } from './validate-role.ts'

/**
 * Creates a role of the account. A repeat of a request with the same idempotency key creates none.
 * Throws `invalid_request`, `escalation`, `name_taken`, `idempotency_key_reused`, and `not_found`
 * if the role that a repeated request created has been deleted.
 */
export async function createRole(
  deps: ActDeps,
  principal: CallerPrincipal,
  accountId: string,
  request: RoleRequest,
  idempotent?: IdempotentRequest,
): Promise<Created<RoleWithEffects>> {
  const id = newId(deps)
  const terms = { permission: 'role:create', lock: { mode: 'shared', accountId } } as const
  const { result } = await act(deps, principal, terms, async ({ trx, author }) => {
    const named = idempotent && { ...idempotent, accountId, route: 'create role' }
    const earlier = named && (await findEarlierResource(trx, principal, named, id))
    if (earlier !== undefined) {
      const role = await findRoleWithEffects(trx, accountId, { id: earlier })
      if (role === undefined) throw notFound('role')
      const { reach, allowListIds } = author
      requireGrantable(author, { permissions: role.effective, reach, allowListIds })
      return nothingChanged({ value: role, isRepeat: true })
    }
    const platform = await isPlatformAccount(trx, accountId)
    const values = validateRole(request, await requireLockedCatalogue(trx), platform)
    const grant = allOf(values.effective, author)
    requireGrantable(author, grant)
    const role = await insertRole(trx, {
      ...values,
      id,
      accountId,
      platform,
      builtIn: false,
      now: deps.now(),
    }).catch(refuseTakenName)
    const event = {
      accountId,
      action: 'role.created',
      resource: resourceOf('role', role),
      before: null,
      after: snapshotOfRole(role),
    } as const
    const value = { ...role, effective: grant.permissions }
    return { result: { value, isRepeat: false }, events: [event] }
  })
  return result
}
