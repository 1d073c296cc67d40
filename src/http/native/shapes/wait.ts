import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { isRecord } from '../../../domain/is-record.ts'
import { defaultWaitMs, maxWaitMs } from '../../../domain/limits.ts'
import { invalidRequest } from '../../../errors.ts'
import type { App } from '../../app-type.ts'
import { documentedAs, undocumented } from '../../documented-as.ts'
import { runFirst } from '../../run-first.ts'
import { closed } from '../../schema-tools.ts'

const milliseconds = Type.Integer({
  minimum: 0,
  maximum: maxWaitMs,
  description: 'Milliseconds to wait for the receipt to become complete.',
})

/** How long a request waits for its receipt to become complete. */
export const waitQuery = Type.Object(
  {
    wait_ms: Type.Optional(
      // Without a default of its own: the body may have the value.
      documentedAs(milliseconds, { ...milliseconds, default: defaultWaitMs }),
    ),
  },
  closed,
)

/** The same in a body, for clients that send it there. */
export const waitInBody = undocumented(milliseconds)

/**
 * Refuses, on the routes that are registered after it, a body that wants to wait otherwise than the
 * query, before anything is changed: neither may be ignored.
 */
export function refuseContradictingWaits(app: App): void {
  app.addHook('onRoute', (route) => {
    if (route.schema?.querystring !== waitQuery || route.schema.body === undefined) return
    runFirst(route, 'preHandler', compareWaits)
  })
}

function compareWaits(
  { query, body }: FastifyRequest,
  _reply: FastifyReply,
  done: (error?: Error) => void,
) {
  const { wait_ms: inQuery } = query as Static<typeof waitQuery>
  const inBody = isRecord(body) ? body.wait_ms : undefined
  if (inQuery === undefined || inBody === undefined || inQuery === inBody) return done()
  const message = 'The query has another wait_ms. Send it in the query only.'
  done(invalidRequest([{ field: '/wait_ms', rule: 'same_value', message }]))
}

/** The time that a request wants to wait: in its query or, for older clients, in its body. */
export function waitOf(request: {
  readonly query: Static<typeof waitQuery>
  readonly body: { readonly wait_ms?: number }
}): number {
  return request.query.wait_ms ?? request.body.wait_ms ?? defaultWaitMs
}
