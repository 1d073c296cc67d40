import type { FastifyRequest } from 'fastify'
import type { CallerPrincipal } from '../domain/principal.ts'
import { isForeignJwt } from '../domain/token/jwt-form.ts'
import { BriefOutage, ServiceError } from '../errors.ts'
import { findUserByToken } from '../management/users/find-by-token.ts'
import { verifyBearer } from '../oidc/verify-bearer.ts'
import type { Admit } from './authenticated-caller.ts'
import type { CallerDeps } from './deps.ts'

interface JwtRequest extends Pick<CallerPrincipal, 'address'> {
  readonly text: string
}

/**
 * Whether a bearer token is one that only an issuer of the deployment can have made. Our own JWTs
 * never are, and no other text is ever tried there.
 */
export function isOfIssuer({ issuers }: Pick<CallerDeps, 'issuers'>, text: string): boolean {
  return issuers.ofBearers.size > 0 && isForeignJwt(text)
}

/**
 * Authenticates a request by the JWT of an issuer, and admits the person. Throws `unauthenticated`
 * for a JWT that proves nobody, `permission_denied` for a person without a role, and `unavailable`
 * until the key of the JWT is known or was asked for: that is never taken for a denial.
 */
export async function authorizeJwt(
  deps: CallerDeps,
  request: FastifyRequest,
  { text, address }: JwtRequest,
  admit: Admit,
): Promise<void> {
  const verdict = await verifyBearer(deps.issuers, text, deps.now())
  if (verdict.kind === 'away') {
    throw new BriefOutage(
      'The key that the JWT names is not known until the issuer has been asked for its keys again. Sessions and API keys keep working.',
      verdict.retryAfterSeconds,
    )
  }
  if (verdict.kind === 'refused') throw new ServiceError('unauthenticated', verdict.message)
  // As for a token of ours: taken before any read.
  const { epoch } = deps.cache
  const readAt = deps.cache.monotonicMs()
  const { account_id: accountId } = request.params as { readonly account_id?: string }
  const found = await findUserByToken(deps, verdict.token, accountId?.toLowerCase())
  if (found === undefined) {
    throw new ServiceError('permission_denied', 'The person of the JWT has no role here.')
  }
  await admit({ kind: 'user', ...found }, { address, epoch, readAt, session: undefined })
}
