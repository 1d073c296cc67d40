import { Type } from 'typebox'
import { formatAddress } from '../../../domain/network/format-address.ts'
import { getApiKey } from '../../../management/api-keys/get.ts'
import { rolesOfKeys } from '../../../management/roles/of-keys.ts'
import type { App } from '../../app-type.ts'
import type { Deps } from '../../deps.ts'
import { answerOfVersion } from '../../entity-tag.ts'
import { responses } from '../../responses.ts'
import { nullableString, ref } from '../../schema-tools.ts'
import { versionedKey } from '../../versions.ts'
import { ApiKeyBody, toApiKeyBody } from '../shapes/api-key.ts'
import { RoleBody, toRoleBody } from '../shapes/role.ts'

export const Me = Type.Object(
  {
    api_key: ref(ApiKeyBody),
    role: ref(RoleBody),
    permissions: Type.Array(Type.String(), {
      description: 'All permissions of the key, including implied permissions.',
    }),
    client_ip: nullableString({
      description:
        'Address of the caller as the service sees it, in the form that is compared with allow lists. Null if it is unknown.',
      examples: ['203.0.113.7'],
    }),
  },
  { $id: 'Me', description: 'The key that authenticates the request.' },
)

export function getMeRoute(app: App, deps: Deps): void {
  app.get(
    '/v1/me',
    {
      config: { access: { permission: null } },
      schema: {
        operationId: 'getMe',
        tags: ['API keys'],
        summary: 'Get the key that authenticates the request',
        description:
          'Returns the key, its role and all its permissions, and the address of the caller as the service sees it.',
        response: responses({ 200: ref(Me) }),
      },
    },
    async (request, reply) => {
      const { key, address } = request.principal
      const apiKey = await getApiKey(deps, key.id)
      const role = (await rolesOfKeys(deps, key.accountId, [apiKey])).get(apiKey.role.id)
      if (role === undefined) throw new Error('A key has no role.')
      const body = {
        api_key: toApiKeyBody(apiKey, request.principal, deps.now()),
        role: toRoleBody(role),
        permissions: [...key.permissions],
        client_ip: address === undefined ? null : formatAddress(address),
      }
      return answerOfVersion(versionedKey, request, reply, apiKey, body)
    },
  )
}
