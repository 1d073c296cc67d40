import { Type } from 'typebox'
import { maxWaitMs } from '../../../domain/limits.ts'
import { notFound } from '../../../errors.ts'
import { findReceipt } from '../../../management/freshness/find-receipt.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { responses } from '../../responses.ts'
import { closed, ref } from '../../schema-tools.ts'
import { parsePositiveInteger } from '../positive-integer.ts'
import { id, pathNumber } from '../shapes/fields.ts'
import { ReceiptAnswer, toReceiptBody } from '../shapes/receipt.ts'

export function getReceiptRoute(app: App, deps: ControlPlaneDeps): void {
  app.get(
    '/v1/revisions/:revision',
    {
      config: { access: { permission: null } },
      schema: {
        operationId: 'getReceipt',
        tags: ['Freshness'],
        summary: 'Get a receipt',
        description: 'Requires the revision and the id of the receipt, and any valid key.',
        params: Type.Object({ revision: pathNumber('Revision of the receipt.') }),
        querystring: Type.Object(
          {
            id: id('Id of the receipt.'),
            wait_ms: Type.Optional(
              Type.Integer({
                minimum: 0,
                maximum: maxWaitMs,
                default: 0,
                description: 'Milliseconds to wait for the receipt to become complete.',
              }),
            ),
          },
          closed,
        ),
        response: responses({ 200: ref(ReceiptAnswer) }, { problems: [404] }),
      },
    },
    async ({ params, principal, query }) => {
      const revision = parsePositiveInteger(params.revision)
      if (revision === undefined) throw notFound('revision')
      const receipt = await findReceipt(deps, revision, query.id.toLowerCase(), query.wait_ms ?? 0)
      return { receipt: toReceiptBody(receipt, principal, deps.now()) }
    },
  )
}
