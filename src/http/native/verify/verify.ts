import type { Static } from 'typebox'
import { expiresSoon, type KeyFacts, type Verdict } from '../../../domain/verdict.ts'
import { invalidRequest } from '../../../errors.ts'
import type { App } from '../../app-type.ts'
import type { VerdictDeps } from '../../deps.ts'
import { responses } from '../../responses.ts'
import { ref, refAsJson } from '../../schema-tools.ts'
import { AttemptBody } from '../shapes/attempt.ts'
import { VerdictBody } from '../shapes/verdict.ts'
import { addressFault, parseAttempt, verifyAccess } from './attempt.ts'
import { jsonType, toVerdictText } from './verdict-text.ts'

export function verifyTokenRoute(app: App, deps: VerdictDeps): void {
  const isExpiring = (key: KeyFacts) => expiresSoon(key, deps.now(), deps.expiryWarningMs)
  const toText = (verdict: Verdict) => toVerdictText(verdict, isExpiring)

  /** Returns no promise if the cache has the answer: the hot path waits for nothing. */
  function judge({ body }: { readonly body: unknown }): string | Promise<string> {
    const asked = body as Static<typeof AttemptBody>
    const attempt = parseAttempt(asked)
    if (attempt === undefined) throw invalidRequest([addressFault('/client_ip')])
    const verdict = deps.verdicts.verify(asked.token, attempt)
    return verdict instanceof Promise ? verdict.then(toText) : toText(verdict)
  }

  app.post(
    '/v1/verify',
    {
      config: { access: verifyAccess, isFrequent: true, isVerification: true, judge },
      schema: {
        operationId: 'verifyToken',
        tags: ['Verification'],
        summary: 'Verify a token',
        description:
          'Returns 200 with a verdict for every well-formed request. An outage is 503, never a denial.',
        body: ref(AttemptBody),
        response: responses({ 200: refAsJson(VerdictBody) }, { body: true }),
      },
    },
    (request, reply) => {
      reply.header('cache-control', 'no-store')
      reply.header('content-type', jsonType)
      return judge(request)
    },
  )
}
