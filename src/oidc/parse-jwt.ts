import { isRecord } from '../domain/is-record.ts'
import { maxJwtHeaderLength, maxJwtLength } from '../domain/limits.ts'
import { looksLikeJwt } from '../domain/token/jwt-form.ts'

/** What a JWT says of itself. Nothing is proved: it only tells which key may prove it. */
export interface UnprovedJwt {
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
}

/**
 * Parses a JWT in compact form (RFC 7519, section 7.2); total over all strings. Undefined if it is
 * too long, or if its header or its claims are no JSON object. Lengths are judged before anything
 * is decoded.
 */
export function parseJwt(text: string): UnprovedJwt | undefined {
  // Decoders skip spaces and padding, which RFC 7515, section 2, excludes.
  if (text.length > maxJwtLength || !looksLikeJwt(text)) return undefined
  const [header = '', payload = ''] = text.split('.')
  if (header.length > maxJwtHeaderLength) return undefined
  const parsed = { header: parsePart(header), claims: parsePart(payload) }
  if (parsed.header === undefined || parsed.claims === undefined) return undefined
  return { header: parsed.header, claims: parsed.claims }
}

function parsePart(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    const value: unknown = JSON.parse(decoder.decode(Buffer.from(part, 'base64url')))
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}
