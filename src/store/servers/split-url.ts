import type { PoolConfig } from 'pg'

export interface UrlParts {
  /** The hosts and ports between the credentials and the path, as written. */
  readonly authority: string
  readonly parameters: Readonly<Record<string, string>>
  readonly options: Pick<PoolConfig, 'user' | 'password' | 'database'>
}

/** A bare `#` or `@` may belong to a password that is not percent-encoded. */
const shape =
  /^[a-z]+:\/\/(?:(?<credentials>[^/?#]*)@)?(?<authority>[^/?#@]*)(?:\/(?<database>[^?#@]*))?(?:\?(?<query>[^#]*))?$/i

/**
 * The parts of a URL; undefined when it is none, such as with a bare slash in its password. As in
 * libpq, a path and a parameter mean what they say once percent-encoding is decoded: `+` is no
 * space, and `..` no folder above. White space is refused, which libpq takes for a part of a value.
 */
export function splitUrl(text: string): UrlParts | undefined {
  const groups = shape.exec(text)?.groups
  if (groups === undefined || /\s|\p{Cc}|%00/u.test(text)) return undefined
  const { credentials = '', authority = '', database = '', query = '' } = groups
  const [user = '', ...password] = credentials.split(':')
  try {
    const parameters = parametersOf(query)
    if (parameters === undefined) return undefined
    const options = {
      user: decodeURIComponent(user),
      password: decodeURIComponent(password.join(':')),
      database: decodeURIComponent(database),
    }
    const stated = Object.entries(options).filter(([, value]) => value !== '')
    return { authority, parameters, options: Object.fromEntries(stated) }
  } catch {
    return undefined
  }
}

/** Undefined when one of them is not a name, `=` and a value. */
function parametersOf(query: string): Record<string, string> | undefined {
  if (query === '') return {}
  const pairs = query
    .replace(/&$/, '')
    .split('&')
    .map((pair) => pair.split('='))
  if (pairs.some((pair) => pair.length !== 2)) return undefined
  return Object.fromEntries(pairs.map((pair) => pair.map(decodeURIComponent)))
}
