import type { FastifyReply } from 'fastify'
import type { Static } from 'typebox'
import type { CallerPrincipal } from '../../../domain/principal.ts'
import type { RoleWithEffects } from '../../../management/roles/list.ts'
import { listPermissions } from '../../../management/roles/permissions.ts'
import { answerInTurns } from '../../answer-in-turns.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { dependentsSeenBy, usersOfRolesSeenBy } from '../shapes/dependents.ts'
import { type RoleData, toRoleData } from '../shapes/role.ts'

/** Roles of one account as `reader` may see them, with the users and keys that have them. */
export async function showRoles(
  deps: ControlPlaneDeps,
  accountId: string,
  roles: readonly RoleWithEffects[],
  reader: CallerPrincipal,
  withPermissions: boolean,
): Promise<Static<typeof RoleData>[]> {
  const roleIds = roles.map((role) => role.id)
  const dependents = await dependentsSeenBy(deps, reader, accountId, { roleIds })
  const users = await usersOfRolesSeenBy(deps, reader, accountId, roleIds)
  const catalogue = withPermissions ? await listPermissions(deps, reader) : undefined
  const view = { reader, dependents, users, catalogue, now: deps.now() }
  return roles.map((role) => toRoleData(role, view))
}

export async function answerRole(
  deps: ControlPlaneDeps,
  reply: FastifyReply,
  role: RoleWithEffects,
  reader: CallerPrincipal,
): Promise<Buffer> {
  const [data] = await showRoles(deps, role.accountId, [role], reader, true)
  if (data === undefined) throw new Error('A role was not shown.')
  return answerInTurns(reply, { data })
}
