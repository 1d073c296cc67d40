import type { FastifyRequest } from 'fastify'
import type { AddressRange } from '../../domain/network/address.ts'
import { parseBearer } from '../../domain/token/bearer.ts'
import type { Verdict } from '../../domain/verdict.ts'
import { parseKeyId } from '../../management/api-keys/key-id.ts'
import type { KeyCaller } from '../../verification/current-caller.ts'
import type { VerdictDeps } from '../deps.ts'
import { headerLines } from '../header-lines.ts'
import { clientAddressOf } from '../request-address.ts'
import { parseBasic } from './basic.ts'
import type { OAuthError } from './oauth-error.ts'

/** The error and the challenges of a refusal, which is always 401 (RFC 7662, section 2.3). */
export interface CallerRefusal {
  readonly error: OAuthError
  readonly description: string
  readonly challenges: readonly string[]
}

const permission = 'api_key:verify'
const bearerRealm = 'Bearer realm="aeon-keys"'
const basicRealm = 'Basic realm="aeon-keys", charset="UTF-8"'

/** Thrown for a caller that may not introspect. */
export class RefusedCaller extends Error {
  override readonly name = 'RefusedCaller'
  readonly refusal: CallerRefusal

  constructor(refusal: CallerRefusal) {
    super(refusal.description)
    this.refusal = refusal
  }
}

/**
 * Authenticates the sender of a request, by a bearer token or by HTTP Basic. Throws `RefusedCaller`
 * if the sender may not introspect tokens.
 */
export async function admitCaller(
  deps: VerdictDeps,
  request: FastifyRequest,
  trustedProxies: readonly AddressRange[],
): Promise<KeyCaller> {
  const [value, ...others] = headerLines(request.raw.rawHeaders, 'authorization')
  if (value === undefined || others.length > 0) throw new RefusedCaller(unauthenticated)
  const bearer = parseBearer(value)
  const basic = bearer === undefined ? parseBasic(value) : undefined
  const token = bearer ?? basic?.password
  if (token === undefined) throw new RefusedCaller(unauthenticated)
  const address = clientAddressOf(request, trustedProxies)
  const attempt = { address, permissions: [permission], accountId: undefined }
  const epoch = deps.cache.epoch
  const readAt = deps.cache.isLeaseExpired() ? deps.cache.monotonicMs() : undefined
  const verdict = await deps.verdicts.verify(token, attempt)
  const isNamed = basic === undefined || parseKeyId(basic.user) === verdict.key?.id
  if (isNamed && verdict.valid && verdict.key.platform) return { key: verdict.key, epoch, readAt }
  if (basic !== undefined) throw new RefusedCaller(wrongClient)
  throw new RefusedCaller(lacksPermission(verdict) ? missingPermission : invalidToken)
}

function lacksPermission(verdict: Verdict): boolean {
  return verdict.valid || verdict.reason === 'insufficient_permissions'
}

const unauthenticated: CallerRefusal = {
  error: 'invalid_client',
  description:
    'Send exactly one Authorization header: Bearer with a token, or Basic with a key id and its token.',
  challenges: [bearerRealm, basicRealm],
}
const wrongClient: CallerRefusal = {
  error: 'invalid_client',
  description: 'The key id and the token do not belong to a key that may verify tokens.',
  challenges: [basicRealm],
}
const invalidToken: CallerRefusal = {
  error: 'invalid_token',
  description: 'The API key is not valid.',
  challenges: [`${bearerRealm}, error="invalid_token"`],
}
const missingPermission: CallerRefusal = {
  error: 'insufficient_scope',
  description: `The operation requires the permission ${permission}.`,
  challenges: [`${bearerRealm}, error="insufficient_scope", scope="${permission}"`],
}
