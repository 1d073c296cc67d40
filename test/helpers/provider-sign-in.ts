import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { Answer } from './api.ts'
import { consoleHeaders, consoleHost } from './browser.ts'
import { writeOidcFile } from './oidc-file.ts'
import type { TestService } from './service.ts'

interface Registered {
  readonly entry: object
  /** Undefined: a public client. */
  readonly clientSecret: string | undefined
}

/** Writes OIDC_FILE with these providers, their secrets and the roles that their claims give. */
export async function writeProviders(
  t: Test,
  providers: readonly (Registered & { readonly roles: readonly object[] })[],
): Promise<string> {
  const entries: object[] = []
  for (const { entry, clientSecret, roles } of providers) {
    if (clientSecret === undefined) {
      entries.push({ ...entry, roles })
      continue
    }
    const path = join(tmpdir(), `aeon-keys-secret-${randomUUID()}`)
    await writeFile(path, `${clientSecret}\n`)
    t.teardown(() => rm(path, { force: true }))
    entries.push({ ...entry, client_secret_file: path, roles })
  }
  return writeOidcFile(t, entries)
}

/** A sign-in that a browser has begun. */
export interface Begun {
  /** Where the page navigates. */
  readonly url: string
  /** The cookie of the sign-in, as the browser sends it. */
  readonly cookie: string
}

export async function begin(
  service: Pick<TestService, 'as'>,
  body: object = { provider: 'corp' },
): Promise<Begun> {
  const answer = await tryBegin(service, body)
  if (answer.status !== 200) throw new Error(`begin: ${answer.status} ${answer.text}`)
  const [cookie = ''] = String(answer.headers['set-cookie']).split(';')
  return { url: answer.body.url, cookie }
}

export function tryBegin(
  { as }: Pick<TestService, 'as'>,
  body: object,
  cookie?: string,
): Promise<Answer> {
  const headers = { ...consoleHeaders, ...(cookie !== undefined && { cookie }) }
  return as(undefined).call('POST', '/v1/session/oidc', { body, headers })
}

/** The browser comes back from the provider: a navigation, which has no header of the console. */
export function comeBack(
  { as }: Pick<TestService, 'as'>,
  { pathname, search }: Pick<URL, 'pathname' | 'search'>,
  cookie: string | undefined,
): Promise<Answer> {
  return as(undefined).call('GET', `${pathname}${search}`, {
    headers: {
      host: consoleHost,
      'sec-fetch-site': 'cross-site',
      ...(cookie !== undefined && { cookie }),
    },
  })
}

/** The cookies that an answer sets, by name; an empty one is forgotten. */
export function cookiesOf({ headers }: Answer): Readonly<Record<string, string>> {
  const lines = [headers['set-cookie'] ?? []].flat().map(String)
  return Object.fromEntries(
    lines.map((line) => {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      return [name, value]
    }),
  )
}
