import { type Static, Type } from 'typebox'
import type { Verdict } from '../../domain/verdict.ts'

const seconds = (description: string) =>
  Type.Optional(Type.Integer({ format: 'int64', description, examples: [1_795_000_000] }))

export const IntrospectionBody = Type.Object(
  {
    active: Type.Boolean({
      description:
        'Whether the token is active. False: the response has no other member, and no reason.',
    }),
    sub: Type.Optional(Type.String({ description: 'Id of the key.' })),
    client_id: Type.Optional(Type.String({ description: 'Id of the key, as in `sub`.' })),
    username: Type.Optional(
      Type.String({ description: 'The user on whose behalf the key was issued.' }),
    ),
    scope: Type.Optional(
      Type.String({
        description: 'All permissions of the key, separated by spaces. Absent: the key has none.',
      }),
    ),
    iat: seconds('Time at which the token was issued, in seconds since 1970.'),
    exp: seconds(
      'Time at which the token or its key expires, in seconds since 1970. Absent: the token never expires.',
    ),
    jti: Type.Optional(
      Type.String({ description: 'Id of the key, as in the JWT form of the token.' }),
    ),
    iss: Type.Optional(Type.String({ description: '`PUBLIC_URL`, if set.' })),
    token_type: Type.Optional(
      Type.String({ description: 'Always `Bearer`.', examples: ['Bearer'] }),
    ),
    account_id: Type.Optional(Type.String({ description: 'Id of the account of the key.' })),
    role: Type.Optional(Type.String({ description: 'Name of the role of the key.' })),
  },
  { $id: 'Introspection', description: 'Introspection response (RFC 7662, section 2.2).' },
)

/**
 * A verdict in the form of RFC 7662. All denials have the same response, so that a resource server
 * learns nothing of an inactive token (section 2.2).
 */
export function toIntrospection(
  verdict: Verdict,
  issuer: string | undefined,
): Static<typeof IntrospectionBody> {
  if (!verdict.valid) return { active: false }
  const { key } = verdict
  // A rotated token ends before its key expires.
  const [end] = [key.expiresAt, key.endsAt].filter((time) => time !== null).sort(byTime)
  return {
    active: true,
    sub: key.id,
    client_id: key.id,
    ...(key.issuedFor !== null && { username: key.issuedFor }),
    // RFC 6749, section 3.3: a scope has at least one element.
    ...(key.permissions.length > 0 && { scope: key.permissions.join(' ') }),
    iat: toSeconds(key.issuedAt),
    ...(end !== undefined && { exp: toSeconds(end) }),
    jti: key.id,
    ...(issuer !== undefined && { iss: issuer }),
    token_type: 'Bearer',
    account_id: key.accountId,
    role: key.role.name,
  }
}

function byTime(a: Date, b: Date): number {
  return a.getTime() - b.getTime()
}

/** RFC 7519, NumericDate. Rounded down, so that no cache keeps the response beyond the expiry. */
function toSeconds(time: Date): number {
  return Math.floor(time.getTime() / 1000)
}
