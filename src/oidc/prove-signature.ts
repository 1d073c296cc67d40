import type { Issuer } from './issuer.ts'
import type { KeyAway } from './issuer-keys.ts'
import { parseJwt } from './parse-jwt.ts'
import { parseSigningHeader } from './signing-header.ts'

/** Whether a configured issuer signed a JWT. */
export type SignatureVerdict<Signer extends Issuer> =
  | {
      readonly kind: 'signed'
      readonly issuer: Signer
      readonly claims: Readonly<Record<string, unknown>>
    }
  | Unproved

/** Why a JWT proves nothing. */
export type Unproved =
  /** `message` names what is wrong, without any value of the JWT. */
  { readonly kind: 'refused'; readonly message: string } | KeyAway

const UNTRUSTED = refused('The JWT is not signed by an issuer that this service trusts.')

/**
 * Whether one of the issuers signed a JWT: total over all strings. Its `iss` must be the exact text
 * of an issuer, its `typ` one of the given (in lower case; absent is allowed), and its signature by
 * a key of that issuer and of no other. The library is loaded for the first JWT: a service that
 * gets none does not pay for it.
 */
export async function proveSignature<Signer extends Issuer>(
  issuers: ReadonlyMap<string, Signer>,
  text: string,
  types: ReadonlySet<string>,
): Promise<SignatureVerdict<Signer>> {
  const unproved = parseJwt(text)
  if (unproved === undefined) return refused('The JWT is too long, or is not one.')
  const { header, claims } = unproved
  const { iss } = claims
  const issuer = typeof iss === 'string' ? issuers.get(iss) : undefined
  if (issuer === undefined) return UNTRUSTED
  const signing = parseSigningHeader(header, types)
  if (typeof signing === 'string') return refused(`The header of the JWT is refused: ${signing}`)
  const found = await issuer.keys.find({ ...signing, token: text })
  if (found.kind === 'away') return found
  if (found.kind === 'unknown') return UNTRUSTED
  const { compactVerify } = await import('jose')
  return compactVerify(text, found.key, { algorithms: [signing.algorithm] }).then(
    () => ({ kind: 'signed', issuer, claims }) as const,
    () => UNTRUSTED,
  )
}

function refused(message: string): Unproved {
  return { kind: 'refused', message }
}
