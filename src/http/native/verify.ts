import type { Static } from 'typebox'
import type { Deps } from '../../deps.ts'
import { parseAddress } from '../../domain/network/address.ts'
import { type Attempt, expiresSoon, type KeyFacts, type Verdict } from '../../domain/verdict.ts'
import { type Fault, invalidRequest } from '../../errors.ts'
import { verify } from '../../verification/verify.ts'
import { type BatchAttempt, verifyBatch } from '../../verification/verify-batch.ts'
import type { App } from '../app-type.ts'
import { responses } from '../responses.ts'
import { ref, refAsJson } from '../schema-tools.ts'
import { VerdictList } from './answers.ts'
import { AttemptBody, AttemptListBody } from './bodies.ts'
import { VerdictBody } from './schemas.ts'
import { toVerdictListBytes, toVerdictText } from './verdict-text.ts'

const tags = ['Verification']
const jsonType = 'application/json; charset=utf-8'
const access = { permission: 'api_key:verify', platformOnly: true }

export function verifyRoutes(app: App, deps: Deps): void {
  const isExpiring = (key: KeyFacts) => expiresSoon(key, deps.now(), deps.expiryWarningMs)
  const toText = (verdict: Verdict) => toVerdictText(verdict, isExpiring)
  const toList = (verdicts: readonly Verdict[]) => toVerdictListBytes(verdicts.map(toText))

  function judgeOne({ body }: { readonly body: unknown }): string | Promise<string> {
    const asked = body as Static<typeof AttemptBody>
    const attempt = toAttempt(asked)
    if (attempt === undefined) throw invalidRequest([addressFault('/client_ip')])
    const verdict = verify(deps, asked.token, attempt)
    return verdict instanceof Promise ? verdict.then(toText) : toText(verdict)
  }

  function judgeMany({ body }: { readonly body: unknown }) {
    const { attempts } = body as Static<typeof AttemptListBody>
    const verdicts = verifyBatch(deps, toAttempts(attempts))
    return verdicts instanceof Promise ? verdicts.then(toList) : toList(verdicts)
  }

  app.post(
    '/v1/verify',
    {
      config: { access, isFrequent: true, isVerification: true, judge: judgeOne },
      schema: {
        operationId: 'verifyToken',
        tags,
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
      return judgeOne(request)
    },
  )

  app.post(
    '/v1/verify/batch',
    {
      config: { access, isFrequent: true, isVerification: true, judge: judgeMany },
      schema: {
        operationId: 'verifyTokens',
        tags,
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
      return judgeMany(request)
    },
  )
}

/** Undefined when the client's address is none. */
function toAttempt(body: Static<typeof AttemptBody>): Attempt | undefined {
  const { client_ip: clientIp, permissions, account_id: accountId } = body
  const address = clientIp === undefined ? undefined : parseAddress(clientIp)
  if (clientIp !== undefined && address === undefined) return undefined
  return { address, permissions: permissions ?? [], accountId: accountId?.toLowerCase() }
}

/** Throws `invalid_request` with all faults before anything is judged. */
function toAttempts(bodies: readonly Static<typeof AttemptBody>[]): readonly BatchAttempt[] {
  const attempts: BatchAttempt[] = []
  const faults: Fault[] = []
  for (const [index, body] of bodies.entries()) {
    const attempt = toAttempt(body)
    if (attempt === undefined) faults.push(addressFault(`/attempts/${index}/client_ip`))
    else attempts.push({ text: body.token, attempt })
  }
  if (faults.length > 0) throw invalidRequest(faults)
  return attempts
}

function addressFault(field: string): Fault {
  return { field, rule: 'address', message: 'The value must be one IPv4 or IPv6 address.' }
}
