import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { responses } from '../../responses.ts'
import { ref } from '../../schema-tools.ts'
import { accountParams } from '../shapes/account.ts'
import { waitQuery } from '../shapes/wait.ts'
import {
  BulkRevocation,
  bulkDescription,
  performBulkRevocation,
  RevokeInBulkBody,
} from './bulk-revocation.ts'

export function revokeApiKeysRoute(app: App, deps: ControlPlaneDeps): void {
  app.post(
    '/v1/accounts/:account_id/api-keys/revoke',
    {
      config: { access: { permission: 'api_key:revoke' } },
      schema: {
        operationId: 'revokeApiKeys',
        tags: ['API keys'],
        summary: 'Revoke many keys',
        description: bulkDescription,
        params: accountParams,
        querystring: waitQuery,
        body: ref(RevokeInBulkBody),
        response: responses({ 200: ref(BulkRevocation) }, { body: true, problems: [404] }),
      },
    },
    (request) => performBulkRevocation(deps, request, request.params.account_id),
  )
}
