/** The user name and the password of HTTP Basic: a key id or hint, and the token of the key. */
export interface BasicCredentials {
  readonly user: string
  readonly password: string
}

/**
 * Parses a header value of the scheme Basic (RFC 7617) as OAuth defines it: both parts are
 * form-encoded (RFC 6749, section 2.3.1). Neither a token nor an id contains `%` or `+`, so
 * unencoded parts parse too. Undefined for any other value.
 */
export function parseBasic(value: string): BasicCredentials | undefined {
  const [, encoded] = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(value) ?? []
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString('latin1')
  const colon = text.indexOf(':')
  if (colon === -1) return undefined
  const user = decode(text.slice(0, colon))
  const password = decode(text.slice(colon + 1))
  return user === undefined || password === undefined ? undefined : { user, password }
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}
