import type { ProviderLogout } from '../domain/person/provider-logout.ts'
import type { Issuers } from './issuer.ts'
import { faultOfLogout, logoutTypes } from './logout-rules.ts'
import { proveSignature, type Unproved } from './prove-signature.ts'
import { maxSkewSeconds } from './registered-claims.ts'

/** Whether a provider asks to end sessions. */
export type LogoutVerdict = { readonly kind: 'proved'; readonly logout: ProviderLogout } | Unproved

/** The verdict on a logout token: its signature is proved first, and then its claims are judged. */
export async function verifyLogout(
  issuers: Issuers,
  text: string,
  now: Date,
): Promise<LogoutVerdict> {
  const signature = await proveSignature(issuers.all, text, logoutTypes)
  if (signature.kind !== 'signed') return signature
  const { claims, issuer } = signature
  const { clientId, issuer: name } = issuer.settings
  const fault = faultOfLogout(claims, { clientId, now })
  if (fault !== undefined) return { kind: 'refused', message: `The JWT is refused: ${fault}` }
  const { exp, jti, sid, sub } = claims
  return {
    kind: 'proved',
    logout: {
      issuer: name,
      subject: typeof sub === 'string' ? sub : undefined,
      providerSession: typeof sid === 'string' ? sid : undefined,
      jti: String(jti),
      expiresAt: new Date((Number(exp) + maxSkewSeconds) * 1000),
    },
  }
}
