/** Whom a JWT is for (RFC 7519, section 4.1.3); undefined: `aud` is neither a text nor a list. */
export function audiencesOf(claim: unknown): readonly string[] | undefined {
  if (typeof claim === 'string') return [claim]
  if (!Array.isArray(claim)) return undefined
  return claim.every((one) => typeof one === 'string') ? claim : undefined
}
