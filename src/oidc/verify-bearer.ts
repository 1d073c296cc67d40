import type { ProvedToken } from '../domain/person/proved-token.ts'
import { bearerTypes, faultOfClaims } from './bearer-rules.ts'
import { parseClaims } from './claims.ts'
import { SignInRefused } from './errors.ts'
import type { Issuers } from './issuer.ts'
import { proveSignature, type Unproved } from './prove-signature.ts'
import { maxSkewSeconds } from './registered-claims.ts'

/** Whether a presented JWT proves who calls. */
export type BearerVerdict = { readonly kind: 'proved'; readonly token: ProvedToken } | Unproved

/**
 * The verdict on a JWT that another party made. Its signature is proved first; only then are its
 * claims judged, and read as those of an ID token are.
 */
export async function verifyBearer(
  issuers: Issuers,
  text: string,
  now: Date,
): Promise<BearerVerdict> {
  const signature = await proveSignature(issuers.ofBearers, text, bearerTypes)
  if (signature.kind !== 'signed') return signature
  const { issuer, claims } = signature
  const { audience } = issuer
  const { clientIds } = issuers
  const fault = faultOfClaims(claims, { audience, clientIds, now })
  if (fault !== undefined) return refused(`The JWT is refused: ${fault}`)
  try {
    const { roles, ...person } = parseClaims(issuer.settings, claims)
    const { exp, iat } = claims
    const since = toDate(Number(iat) - maxSkewSeconds)
    const expiresAt = toDate(Number(exp) + maxSkewSeconds)
    return { kind: 'proved', token: { person, roles, since, expiresAt } }
  } catch (error) {
    if (error instanceof SignInRefused) return refused(`The JWT is refused: ${error.message}`)
    throw error
  }
}

function refused(message: string): BearerVerdict {
  return { kind: 'refused', message }
}

function toDate(seconds: number): Date {
  return new Date(seconds * 1000)
}
