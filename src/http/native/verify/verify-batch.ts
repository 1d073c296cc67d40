import { type Static, Type } from 'typebox'
import { maxAttemptsPerBatch } from '../../../domain/limits.ts'
import { expiresSoon, type KeyFacts, type Verdict } from '../../../domain/verdict.ts'
import { type Fault, invalidRequest } from '../../../errors.ts'
import type { BatchAttempt } from '../../../verification/verify-batch.ts'
import type { App } from '../../app-type.ts'
import type { VerdictDeps } from '../../deps.ts'
import { responses } from '../../responses.ts'
import { closed, ref, refAsJson } from '../../schema-tools.ts'
import { AttemptBody } from '../shapes/attempt.ts'
import { VerdictBody } from '../shapes/verdict.ts'
import { addressFault, parseAttempt, verifyAccess } from './attempt.ts'
import { jsonType, toVerdictListBytes } from './verdict-text.ts'

export const AttemptListBody = Type.Object(
  {
    attempts: Type.Array(ref(AttemptBody), {
      minItems: 1,
      maxItems: maxAttemptsPerBatch,
      description: 'The attempts to judge.',
    }),
  },
  {
    $id: 'AttemptList',
    ...closed,
    description: 'Tokens to verify, and what they are used for.',
    examples: [
      {
        attempts: [
          { token: 'aeon_...', permissions: ['cluster:read'] },
          { token: 'aeon_...', client_ip: '203.0.113.7' },
        ],
      },
    ],
  },
)

export const VerdictList = Type.Object(
  { verdicts: Type.Array(ref(VerdictBody), { description: 'One verdict for each attempt.' }) },
  {
    $id: 'VerdictList',
    description: 'The verdicts, in the order of the attempts.',
    examples: [{ verdicts: [{ valid: false, reason: 'malformed' }] }],
  },
)

export function verifyTokensRoute(app: App, deps: VerdictDeps): void {
  const isExpiring = (key: KeyFacts) => expiresSoon(key, deps.now(), deps.expiryWarningMs)
  const toList = (verdicts: readonly Verdict[]) => toVerdictListBytes(verdicts, isExpiring)

  function judge({ body }: { readonly body: unknown }): Buffer | Promise<Buffer> {
    const { attempts } = body as Static<typeof AttemptListBody>
    const verdicts = deps.verdicts.verifyBatch(parseAttempts(attempts))
    return verdicts instanceof Promise ? verdicts.then(toList) : toList(verdicts)
  }

  app.post(
    '/v1/verify/batch',
    {
      config: { access: verifyAccess, isFrequent: true, isVerification: true, judge },
      schema: {
        operationId: 'verifyTokens',
        tags: ['Verification'],
        summary: 'Verify many tokens',
        description:
          'Returns one verdict per attempt, in the order of the attempts. Each verdict equals the verdict of `POST /v1/verify`. An outage that affects any attempt is 503 for the whole request, never a denial.',
        body: ref(AttemptListBody),
        response: responses({ 200: refAsJson(VerdictList) }, { body: true }),
      },
    },
    (request, reply) => {
      reply.header('cache-control', 'no-store')
      reply.header('content-type', jsonType)
      return judge(request)
    },
  )
}

/** Throws `invalid_request` with the faults of all attempts, before any attempt is judged. */
function parseAttempts(bodies: readonly Static<typeof AttemptBody>[]): readonly BatchAttempt[] {
  const attempts: BatchAttempt[] = []
  const faults: Fault[] = []
  for (const [index, body] of bodies.entries()) {
    const attempt = parseAttempt(body)
    if (attempt === undefined) faults.push(addressFault(`/attempts/${index}/client_ip`))
    else attempts.push({ text: body.token, attempt })
  }
  if (faults.length > 0) throw invalidRequest(faults)
  return attempts
}
