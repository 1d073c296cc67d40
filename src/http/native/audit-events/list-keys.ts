import { Type } from 'typebox'
import { defaultPageSize } from '../../../domain/limits.ts'
import { isUuid } from '../../../domain/uuid.ts'
import { invalidRequest, notFound } from '../../../errors.ts'
import { listEventKeys } from '../../../management/audit/list-event-keys.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { pageParameters } from '../../paging.ts'
import { responses } from '../../responses.ts'
import { closed, ref } from '../../schema-tools.ts'
import { parsePositiveInteger } from '../positive-integer.ts'
import { accountParameter } from '../shapes/account.ts'
import { id, nextCursorField, pathNumber } from '../shapes/fields.ts'

export const AuditEventKeyPage = Type.Object(
  {
    api_key_ids: Type.Array(id('Id of a key.'), { description: 'The ids of the page.' }),
    next_cursor: nextCursorField,
  },
  { $id: 'AuditEventKeyPage', description: 'A page of the keys that a bulk event changed.' },
)
/** Keys are listed in order of id, and in no other. */
const { limit, cursor } = pageParameters()

export function listAuditEventKeysRoute(app: App, deps: ControlPlaneDeps): void {
  app.get(
    '/v1/accounts/:account_id/audit-events/:number/api-keys',
    {
      config: { access: { permission: 'audit_event:read' } },
      schema: {
        operationId: 'listAuditEventKeys',
        tags: ['Audit'],
        summary: 'List the keys of an audit event',
        description:
          'Lists the keys that a bulk event changed, in order of id. `api_keys.count` of the event is their number, and `api_keys.digest` covers their ids. Other events have no such keys.',
        params: Type.Object({
          account_id: accountParameter,
          number: pathNumber('The `number` of the event.'),
        }),
        querystring: Type.Object({ limit, cursor }, closed),
        response: responses({ 200: ref(AuditEventKeyPage) }, { problems: [404] }),
      },
    },
    async ({ params, query }) => {
      const number = parsePositiveInteger(params.number)
      if (number === undefined) throw notFound('audit event')
      const page = { limit: query.limit ?? defaultPageSize, after: decodeKeyCursor(query.cursor) }
      const keys = await listEventKeys(deps, params.account_id, number, page)
      return {
        api_key_ids: [...keys.apiKeyIds],
        next_cursor: keys.next && encodeKeyCursor(keys.next),
      }
    },
  )
}

function encodeKeyCursor(apiKeyId: string): string {
  return Buffer.from(apiKeyId).toString('base64url')
}

/** Throws `invalid_request` for a text that `encodeKeyCursor` does not return. */
function decodeKeyCursor(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined
  const apiKeyId = Buffer.from(text, 'base64url').toString()
  if (isUuid(apiKeyId) && encodeKeyCursor(apiKeyId) === text) return apiKeyId
  const message =
    'The value must be a next_cursor of this list. Leave the parameter out for the first page.'
  throw invalidRequest([{ in: 'query', field: '/cursor', rule: 'cursor', message }])
}
