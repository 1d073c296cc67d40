import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { responses } from '../../responses.ts'
import { ref } from '../../schema-tools.ts'
import { waitQuery } from '../shapes/wait.ts'
import {
  BulkRevocation,
  bulkDescription,
  performBulkRevocation,
  RevokeInBulkBody,
} from './bulk-revocation.ts'

export function revokeApiKeysEverywhereRoute(app: App, deps: ControlPlaneDeps): void {
  app.post(
    '/v1/api-keys/revoke',
    {
      config: { access: { permission: 'api_key:revoke', platformOnly: true } },
      schema: {
        operationId: 'revokeApiKeysEverywhere',
        tags: ['API keys'],
        summary: 'Revoke many keys in all accounts',
        description: `Requires a key or a user of the platform account. The filter applies to keys of the platform account too. ${bulkDescription}`,
        querystring: waitQuery,
        body: ref(RevokeInBulkBody),
        response: responses({ 200: ref(BulkRevocation) }, { body: true }),
      },
    },
    (request) => performBulkRevocation(deps, request, undefined),
  )
}
