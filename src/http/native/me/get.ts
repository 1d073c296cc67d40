import { Type } from 'typebox'
import { formatAddress } from '../../../domain/network/format-address.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { answerOfVersion } from '../../entity-tag.ts'
import { responses } from '../../responses.ts'
import { nullableString, ref } from '../../schema-tools.ts'
import { versionedKey } from '../../versions.ts'
import { callerBodyOf, callerFields } from '../caller-body.ts'

export const Me = Type.Object(
  {
    ...callerFields,
    client_ip: nullableString({
      description:
        'Address of the caller as the service sees it, in the form that is compared with allow lists. Null if it is unknown.',
      examples: ['203.0.113.7'],
    }),
  },
  {
    $id: 'Me',
    description: 'The key that authenticates the request, or the person who calls.',
  },
)

export function getMeRoute(app: App, deps: ControlPlaneDeps): void {
  app.get(
    '/v1/me',
    {
      config: { access: { permission: null } },
      schema: {
        operationId: 'getMe',
        tags: ['API keys'],
        summary: 'Get the caller',
        description:
          'Returns the key that authenticates the request, its role and all its permissions, and the address of the caller as the service sees it. To a person, returns the user in place of the key.',
        response: responses({ 200: ref(Me) }),
      },
    },
    async (request, reply) => {
      const { principal } = request
      const { address } = principal
      const { body: caller, apiKey } = await callerBodyOf(deps, principal)
      const clientIp = address === undefined ? null : formatAddress(address)
      const body = { ...caller, client_ip: clientIp }
      return apiKey === undefined
        ? body
        : answerOfVersion(versionedKey, request, reply, apiKey, body)
    },
  )
}
