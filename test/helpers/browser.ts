import type { Answer, Api, CallOptions } from './api.ts'
import type { TestService } from './service.ts'

/** The host that the browsers of a test show; the service sees no other difference. */
export const consoleHost = '127.0.0.1:8080'
export const consoleOrigin = `http://${consoleHost}`
export const cookieName = 'aeon_session_8080'

/** The headers of every request of the console's pages. */
export const consoleHeaders: Readonly<Record<string, string>> = {
  host: consoleHost,
  origin: consoleOrigin,
  'sec-fetch-site': 'same-origin',
  'x-aeon-console': '1',
}

/** A browser that is signed in to the console. */
export interface Browser {
  readonly sessionId: string
  /** The session token. */
  readonly cookie: string
  /** The answer of the sign-in. */
  readonly signedIn: Answer
  /** A request of the console's pages, with the session's cookie. */
  call(method: Parameters<Api['call']>[0], path: string, options?: CallOptions): Promise<Answer>
}

type Sender = Pick<TestService, 'as' | 'canaries'>

/** Signs in with a key, or with the secret of a sign-in link. Throws if that is refused. */
export async function signIn(
  service: Sender,
  body: { readonly key: string } | { readonly sign_in_secret: string },
  options: Pick<CallOptions, 'remoteAddress'> = {},
): Promise<Browser> {
  const signedIn = await trySignIn(service, body, options)
  if (signedIn.status !== 201) throw new Error(`sign-in: ${signedIn.status} ${signedIn.text}`)
  const cookie = cookieIn(signedIn)
  service.canaries.addSecret(cookie)
  return {
    sessionId: signedIn.body.session.id,
    cookie,
    signedIn,
    call: (method, path, more = {}) => callWithCookie(service, cookie, method, path, more),
  }
}

/** The answer to a sign-in, whatever it is. */
export function trySignIn(
  { as }: Sender,
  body: unknown,
  { headers, ...options }: CallOptions = {},
): Promise<Answer> {
  return as(undefined).call('POST', '/v1/session', {
    ...options,
    body,
    headers: { ...consoleHeaders, ...headers },
  })
}

/** A request of the console's pages with any cookie. */
export function callWithCookie(
  { as }: Pick<TestService, 'as'>,
  cookie: string,
  method: Parameters<Api['call']>[0],
  path: string,
  { headers, ...options }: CallOptions = {},
): Promise<Answer> {
  return as(undefined).call(method, path, {
    ...options,
    headers: { ...consoleHeaders, cookie: `${cookieName}=${cookie}`, ...headers },
  })
}

/** The session token that an answer sets. */
export function cookieIn(answer: Answer): string {
  const [, value] = /^[^=]+=([^;]+);/.exec(String(answer.headers['set-cookie'])) ?? []
  if (value === undefined) throw new Error('The answer sets no cookie.')
  return value
}
