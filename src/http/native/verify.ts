import type { Deps } from '../../deps.ts'
import { type Address, parseAddress } from '../../domain/address.ts'
import { invalidRequest } from '../../errors.ts'
import { verify } from '../../keys/verify.ts'
import type { App } from '../app-type.ts'
import { responses } from '../responses.ts'
import { ref } from '../schema-tools.ts'
import { AttemptBody } from './bodies.ts'
import { VerdictBody } from './schemas.ts'
import { toVerdictBody } from './wire.ts'

export function verifyRoutes(app: App, deps: Deps): void {
  app.post(
    '/v1/verify',
    {
      config: { access: { permission: 'api_key:verify', platformOnly: true }, isFrequent: true },
      schema: {
        operationId: 'verifyToken',
        tags: ['Verification'],
        summary: 'Ask whether a token is good',
        description:
          'Always 200 with a verdict, for a well-formed request. An outage is 503, never a denial.',
        body: ref(AttemptBody),
        response: responses({ 200: ref(VerdictBody) }, { body: true }),
      },
    },
    (request, reply) => {
      const { token, client_ip: clientIp, permissions, account_id: accountId } = request.body
      const attempt = {
        address: clientIp === undefined ? undefined : requireAddress(clientIp),
        permissions: permissions ?? [],
        accountId: accountId?.toLowerCase(),
      }
      reply.header('cache-control', 'no-store')
      const verdict = verify(deps, token, attempt)
      return verdict instanceof Promise ? verdict.then(toVerdictBody) : toVerdictBody(verdict)
    },
  )
}

function requireAddress(text: string): Address {
  const address = parseAddress(text)
  if (address !== undefined) return address
  throw invalidRequest([
    { field: '/client_ip', rule: 'address', message: 'It must be one IPv4 or IPv6 address.' },
  ])
}
