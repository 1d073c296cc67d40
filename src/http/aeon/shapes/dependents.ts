import { maxDependentsShown } from '../../../domain/limits.ts'
import { type CallerPrincipal, rightsOf } from '../../../domain/principal.ts'
import { type Dependent, listDependents } from '../../../management/api-keys/list-dependents.ts'
import { listUsersOfRoles, type RoleUser } from '../../../management/users/list-of-roles.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { groupInTurns } from './group-in-turns.ts'

/** The active keys by the id of their role or list; none if the reader may not read keys. */
export async function dependentsSeenBy(
  deps: ControlPlaneDeps,
  reader: CallerPrincipal,
  accountId: string,
  of: Parameters<typeof listDependents>[2],
): Promise<ReadonlyMap<string, readonly Dependent[]>> {
  if (!rightsOf(reader).holds.has('api_key:read')) return new Map()
  const found = await listDependents(deps, accountId, of, maxDependentsShown)
  return groupInTurns(found, ({ holdsId }) => holdsId)
}

/** The users by the id of their role; none if the reader may not read users. */
export async function usersOfRolesSeenBy(
  deps: ControlPlaneDeps,
  reader: CallerPrincipal,
  accountId: string,
  roleIds: readonly string[],
): Promise<ReadonlyMap<string, readonly RoleUser[]>> {
  if (!rightsOf(reader).holds.has('account_user:read')) return new Map()
  const found = await listUsersOfRoles(deps, accountId, roleIds, maxDependentsShown)
  return groupInTurns(found, ({ roleId }) => roleId)
}
