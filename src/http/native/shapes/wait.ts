import { type Static, Type } from 'typebox'
import { defaultWaitMs, maxWaitMs } from '../../../domain/limits.ts'
import { documentedAs, undocumented } from '../../documented-as.ts'
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

/** The time that a request wants to wait: the query counts before the body. */
export function waitOf(request: {
  readonly query: Static<typeof waitQuery>
  readonly body: { readonly wait_ms?: number }
}): number {
  return request.query.wait_ms ?? request.body.wait_ms ?? defaultWaitMs
}
