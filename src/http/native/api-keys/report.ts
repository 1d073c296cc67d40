import { Type } from 'typebox'
import { hygieneFindings, hygieneMeanings } from '../../../domain/key/hygiene.ts'
import {
  defaultKeysPerFinding,
  maxCursorLength,
  maxKeysPerReport,
  maxPageSize,
} from '../../../domain/limits.ts'
import { decodeCursor, encodeCursor, type PagePlace } from '../../../domain/page.ts'
import { reportHygiene } from '../../../management/api-keys/report-hygiene.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { expected } from '../../expected-value.ts'
import { listIdentity } from '../../list-identity.ts'
import { cursorFault } from '../../paging.ts'
import { responses } from '../../responses.ts'
import { closed, nullableString, oneOf, openEnum, ref } from '../../schema-tools.ts'
import { accountParams } from '../shapes/account.ts'
import { ApiKeyBody, toApiKeyBody } from '../shapes/api-key.ts'
import { time } from '../shapes/fields.ts'

const sort = { field: 'created_at', descending: true } as const
const meanings = hygieneFindings.map((name) => `\`${name}\`: ${hygieneMeanings[name]}`).join('; ')

export const HygieneFindingBody = Type.Object(
  {
    finding: openEnum(hygieneFindings, 'What was found.'),
    count: Type.Integer({ description: 'Number of examined keys with this finding.' }),
    api_keys: Type.Array(ref(ApiKeyBody), { description: 'The latest of these keys.' }),
    next_cursor: nullableString({
      description:
        'Cursor of the next of these keys, to send with `finding`. Null if there are no more.',
    }),
  },
  { $id: 'HygieneFinding', description: `${meanings}.` },
)

export const HygieneReportBody = Type.Object(
  {
    as_of: time('Time of the report.'),
    examined: Type.Integer({
      description: `Number of keys that were examined, latest first: at most ${withThousands(maxKeysPerReport)} in one report.`,
    }),
    next_cursor: nullableString({
      description: 'Cursor of the report on the next keys. Null if all keys were examined.',
    }),
    findings: Type.Array(ref(HygieneFindingBody), {
      description: 'Every finding, also those without a key.',
    }),
  },
  {
    $id: 'HygieneReport',
    description: 'Possible weaknesses of keys that are neither revoked nor expired.',
  },
)

export const HygieneAnswer = Type.Object(
  { report: ref(HygieneReportBody) },
  { $id: 'HygieneAnswer', description: 'The report.' },
)

export function reportApiKeysRoute(app: App, deps: ControlPlaneDeps): void {
  app.get(
    '/v1/accounts/:account_id/api-keys/report',
    {
      config: { access: { permission: 'api_key:read' } },
      schema: {
        operationId: 'reportApiKeys',
        tags: ['API keys'],
        summary: 'Report weaknesses of keys',
        description: `Examines the keys that are neither revoked nor expired. Findings: ${meanings}.`,
        params: accountParams,
        querystring: Type.Object(
          {
            finding: Type.Optional(oneOf(hygieneFindings, { description: 'Only this finding.' })),
            limit: Type.Optional(
              Type.Integer({
                minimum: 1,
                maximum: maxPageSize,
                default: defaultKeysPerFinding,
                description: 'Maximum number of keys per finding.',
              }),
            ),
            cursor: Type.Optional(
              Type.String({
                maxLength: maxCursorLength,
                ...expected('a next_cursor of an earlier report'),
                description: 'A `next_cursor` of an earlier report.',
              }),
            ),
          },
          closed,
        ),
        response: responses({ 200: ref(HygieneAnswer) }, { problems: [404] }),
      },
    },
    async (request) => {
      const { params, query, principal } = request
      // The report has a cursor for each finding, which asks for more of that finding alone.
      const list = listIdentity(request, ['finding'])
      const cursorOf = (place: PagePlace | null) => place && encodeCursor(list, sort, place)
      const { cursor = '' } = query
      const after = cursor === '' ? undefined : decodeCursor(list, sort, cursor)
      if (cursor !== '' && after === undefined) throw cursorFault()
      const report = await reportHygiene(deps, params.account_id, {
        ...(query.finding !== undefined && { finding: query.finding }),
        limit: query.limit ?? defaultKeysPerFinding,
        after,
      })
      return {
        report: {
          as_of: report.asOf.toISOString(),
          examined: report.examined,
          next_cursor: cursorOf(report.next),
          findings: report.findings.map(({ finding, count, apiKeys, next }) => ({
            finding,
            count,
            api_keys: apiKeys.map((apiKey) => toApiKeyBody(apiKey, principal, report.asOf)),
            next_cursor: cursorOf(next),
          })),
        },
      }
    },
  )
}

/**
 * A whole number with a comma between thousands, as `toLocaleString('en-US')` writes it: the first
 * call of that takes 15 ms of the start, since it loads the data of all locales.
 */
function withThousands(count: number): string {
  return String(count).replaceAll(/\B(?=(?:\d{3})+$)/g, ',')
}
