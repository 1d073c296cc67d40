import { isAsymmetric } from './key-set.ts'

/** By which key and algorithm a JWT says that it is signed. */
export interface SigningHeader {
  readonly kid: string
  readonly algorithm: string
}

/** The header of a JWT, if it may be verified; else what is wrong with it. */
export function parseSigningHeader(
  { alg: algorithm, kid, typ, crit }: Readonly<Record<string, unknown>>,
  types: ReadonlySet<string>,
): SigningHeader | string {
  if (!isAsymmetric(algorithm)) return 'alg must name a signature by an asymmetric key.'
  if (typeof kid !== 'string' || kid === '') return 'kid must name a key of the issuer.'
  // RFC 7515, section 4.1.11: the service understands no extension.
  if (crit !== undefined) return 'crit must be absent.'
  if (typ === undefined || (typeof typ === 'string' && types.has(typ.toLowerCase()))) {
    return { kid, algorithm }
  }
  return `typ must be absent or one of ${[...types].join(', ')}.`
}
