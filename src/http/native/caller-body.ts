import { type Static, Type } from 'typebox'
import type { CallerPrincipal } from '../../domain/principal.ts'
import { getApiKey } from '../../management/api-keys/get.ts'
import { getRole } from '../../management/roles/get.ts'
import { rolesOfHolders } from '../../management/roles/of-holders.ts'
import { getUser } from '../../management/users/get.ts'
import type { ControlPlaneDeps } from '../deps.ts'
import { nullableRef, ref } from '../schema-tools.ts'
import { ApiKeyBody, toApiKeyBody } from './shapes/api-key.ts'
import { RoleBody, toRoleBody } from './shapes/role.ts'
import { toUserBody, UserBody } from './shapes/user.ts'

/** The fields of an answer that says who the caller is, and what the caller may do. */
export const callerFields = {
  api_key: nullableRef(ApiKeyBody, { description: 'Null: a person calls.' }),
  user: nullableRef(UserBody, {
    description: 'The person who calls, by a session or a JWT. Null: a key calls.',
  }),
  role: ref(RoleBody),
  permissions: Type.Array(Type.String(), {
    description: 'All permissions of the caller, including implied permissions.',
  }),
}

const CallerFields = Type.Object(callerFields)

/** What the fields say of a caller, and the key itself, if the caller is one. */
export async function callerBodyOf(deps: ControlPlaneDeps, principal: CallerPrincipal) {
  switch (principal.kind) {
    case 'key': {
      const { key } = principal
      const apiKey = await getApiKey(deps, key.id)
      const role = (await rolesOfHolders(deps, key.accountId, [apiKey])).get(apiKey.role.id)
      if (role === undefined) throw new Error('A key has no role.')
      const body: Static<typeof CallerFields> = {
        api_key: toApiKeyBody(apiKey, principal, deps.now()),
        user: null,
        role: toRoleBody(role),
        permissions: [...key.permissions],
      }
      return { body, apiKey }
    }
    case 'user': {
      const { user } = principal
      const body: Static<typeof CallerFields> = {
        api_key: null,
        user: toUserBody(await getUser(deps, user.accountId, user.id)),
        role: toRoleBody(await getRole(deps, user.accountId, user.role.id)),
        permissions: [...user.permissions],
      }
      return { body, apiKey: undefined }
    }
  }
}
