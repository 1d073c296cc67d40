import type { PoolConfig } from 'pg'

export interface UrlParts {
  /** The hosts and ports between the credentials and the path, as written. */
  readonly authority: string
  readonly parameters: Readonly<Record<string, string>>
  readonly options: Pick<PoolConfig, 'user' | 'password' | 'database'>
}

const shape = /^[a-z]+:\/\/(?:(?<credentials>[^/?#]*)@)?(?<authority>[^/?#@]*)(?<rest>.*)$/is

/** The parts of a URL; undefined when it is none, such as with a bare slash in its password. */
export function splitUrl(text: string): UrlParts | undefined {
  const { credentials = '', authority = '', rest = '' } = shape.exec(text)?.groups ?? {}
  const url = URL.parse(`postgres://host.invalid${rest}`)
  if (!shape.test(text) || url === null || url.hash !== '' || url.pathname.includes('@')) {
    return undefined
  }
  const [user = '', ...password] = credentials.split(':')
  try {
    const options = {
      user: decodeURIComponent(user),
      password: decodeURIComponent(password.join(':')),
      database: decodeURIComponent(url.pathname.slice(1)),
    }
    const stated = Object.entries(options).filter(([, value]) => value !== '')
    return {
      authority,
      parameters: Object.fromEntries(url.searchParams),
      options: Object.fromEntries(stated),
    }
  } catch {
    return undefined
  }
}
