import { act } from '../../acts/act.ts'
import { requireGrantable } from '../../acts/authority.ts'
import type { ActDeps } from '../../acts/deps.ts'
import { newId } from '../../acts/ids.ts'
import { resourceOf, snapshotOfRole } from '../../domain/audit/snapshots.ts'
import type { KeyPrincipal } from '../../domain/principal.ts'
import { isPlatformAccount } from '../../store/accounts.ts'
import { insertRole, type RoleWithEffects } from '../../store/roles.ts'
import { requireLockedCatalogue } from './catalogue.ts'
import { allOf } from './effects.ts'
import { type RoleRequest, refuseTakenName, validateRole } from './validate-role.ts'

/** Defines a role of the account. Throws `invalid_request`, `escalation`, `name_taken`. */
export async function createRole(
  deps: ActDeps,
  principal: KeyPrincipal,
  accountId: string,
  request: RoleRequest,
): Promise<RoleWithEffects> {
  const terms = { permission: 'role:create', lock: { mode: 'shared', accountId } } as const
  const { result } = await act(deps, principal, terms, async ({ trx, author }) => {
    const platform = await isPlatformAccount(trx, accountId)
    const values = validateRole(request, await requireLockedCatalogue(trx), platform)
    const grant = allOf(values.effective, author)
    requireGrantable(author, grant)
    const role = await insertRole(trx, {
      ...values,
      id: newId(deps),
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
    return { result: { ...role, effective: grant.permissions }, events: [event] }
  })
  return result
}
