import { type Static, Type } from 'typebox'
import type { KeyPrincipal } from '../../../domain/principal.ts'
import type { Session } from '../../../domain/session/session.ts'
import { getAccount } from '../../../management/accounts/get.ts'
import { getApiKey } from '../../../management/api-keys/get.ts'
import { rolesOfKeys } from '../../../management/roles/of-keys.ts'
import type { Deps } from '../../deps.ts'
import { ref } from '../../schema-tools.ts'
import { AccountBody, toAccountBody } from '../shapes/account.ts'
import { ApiKeyBody, toApiKeyBody } from '../shapes/api-key.ts'
import { RoleBody, toRoleBody } from '../shapes/role.ts'
import { SessionBody, toSessionBody } from './session-body.ts'

/** Who is signed in, and as what. No component: no documented operation returns it. */
export const SignedIn = Type.Object({
  session: ref(SessionBody),
  api_key: ref(ApiKeyBody),
  role: ref(RoleBody),
  permissions: Type.Array(Type.String()),
  account: ref(AccountBody),
})

export async function signedInBody(
  deps: Deps,
  principal: KeyPrincipal,
  session: Session,
): Promise<Static<typeof SignedIn>> {
  const { id, accountId } = principal.key
  const [apiKey, account] = await Promise.all([getApiKey(deps, id), getAccount(deps, accountId)])
  const role = (await rolesOfKeys(deps, accountId, [apiKey])).get(apiKey.role.id)
  if (role === undefined) throw new Error('A key has no role.')
  return {
    session: toSessionBody(deps, session, { session }),
    api_key: toApiKeyBody(apiKey, principal, deps.now()),
    role: toRoleBody(role),
    permissions: [...principal.key.permissions],
    account: toAccountBody(account),
  }
}
