/** Who calls, and the token as the password. */
export interface BasicCredentials {
  readonly user: string
  readonly password: string
}

/**
 * Reads a header value of the scheme Basic (RFC 7617) as OAuth writes it: both parts are encoded as a
 * form is (RFC 6749, section 2.3.1). Neither a token nor an id holds `%` or `+`, so one who has left
 * that out is understood too. Undefined for anything else.
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
