import type { ActDeps } from '../../acts/deps.ts'
import type { MappedRole } from '../../domain/person/mapping.ts'
import { isUuid } from '../../domain/uuid.ts'
import type { RoleNamed } from '../../store/role-rights.ts'

/** How an entry of the deployment's file names its role. */
export function namedBy({ role }: MappedRole): RoleNamed {
  return isUuid(role) ? { id: role.toLowerCase() } : { name: role }
}

/** An entry that names nothing present maps to nothing; the operator finds it in the log. */
export function logMissingRole(
  { log }: Pick<ActDeps, 'log'>,
  accountId: string,
  { role }: MappedRole,
): void {
  log.error(
    { account_id: accountId, role },
    'OIDC_FILE maps to a role that does not exist, or to the platform account without naming it',
  )
}
