import type { Static } from 'typebox'
import { listApiKeys } from '../../../management/api-keys/list.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import type { Column } from '../export/csv.ts'
import { exportList, exportSchema } from '../export/export-list.ts'
import { accountParams } from '../shapes/account.ts'
import { type ApiKeyBody, toApiKeyBody } from '../shapes/api-key.ts'
import { filterParameters, parseKeyFilter } from './filter.ts'

type Shown = Static<typeof ApiKeyBody>

const columns: readonly Column<Shown>[] = [
  { name: 'id', of: (key) => key.id },
  { name: 'name', of: (key) => key.name },
  { name: 'description', of: (key) => key.description },
  { name: 'status', of: (key) => key.status },
  { name: 'role_id', of: (key) => key.role.id },
  { name: 'role_name', of: (key) => key.role.name },
  { name: 'reach', of: (key) => key.reach },
  { name: 'allow_list_ids', of: (key) => key.allow_list_ids.join(' ') },
  { name: 'created_at', of: (key) => key.created_at },
  { name: 'created_by_kind', of: (key) => key.created_by.kind },
  { name: 'created_by_id', of: (key) => key.created_by.id },
  { name: 'created_by_name', of: (key) => key.created_by.name },
  { name: 'expires_at', of: (key) => key.expires_at },
  { name: 'last_used_at', of: (key) => key.last_used_at },
  { name: 'use_count', of: (key) => key.use_count },
  { name: 'generation', of: (key) => key.generation },
  { name: 'metadata', of: (key) => key.metadata },
  { name: 'disabled_at', of: (key) => key.disabled_at },
  { name: 'revoked_at', of: (key) => key.revoked_at },
  { name: 'revoked_by_id', of: (key) => key.revoked_by?.id },
  { name: 'revoked_by_name', of: (key) => key.revoked_by?.name },
  { name: 'revocation_reason', of: (key) => key.revocation_reason },
  { name: 'hint', of: (key) => key.hint },
]

export function exportApiKeysRoute(app: App, deps: ControlPlaneDeps): void {
  app.get(
    '/v1/accounts/:account_id/api-keys/export',
    {
      config: { access: { permission: 'api_key:read' } },
      schema: {
        operationId: 'exportApiKeys',
        tags: ['API keys'],
        params: accountParams,
        ...exportSchema('keys', filterParameters),
      },
    },
    (request, reply) => {
      const { principal, params, query } = request
      const filter = parseKeyFilter(query, principal)
      return exportList(deps, request, reply, {
        format: query.format,
        name: 'api-keys',
        columns,
        loadPage: async (page) => {
          const { items, next } = await listApiKeys(deps, params.account_id, filter, page)
          const now = deps.now()
          return { items: items.map((apiKey) => toApiKeyBody(apiKey, principal, now)), next }
        },
      })
    },
  )
}
