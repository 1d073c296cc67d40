import { generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { metadataOf, signES256 } from '../helpers/hostile-provider.ts'
import { listen } from '../helpers/listen.ts'

/** Where the persons of a run sign in. */
export interface PeopleProvider extends AsyncDisposable {
  readonly issuer: string
  /** The file that names it in OIDC_FILE. */
  readonly file: string
}

export const providerName = 'corp'
const clientId = 'aeon-keys'

/** Starts a provider of OpenID Connect that believes every person. `folder`: for its file. */
export async function startPeopleProvider(folder: string): Promise<PeopleProvider> {
  const { promise: closed, resolve: close } = Promise.withResolvers<() => unknown>()
  const issuer = await listen({ teardown: close }, serve)
  const file = join(folder, 'oidc.json')
  const provider = { name: providerName, issuer, client_id: clientId, roles: [] }
  await writeFile(file, JSON.stringify({ providers: [provider] }))
  return {
    issuer,
    file,
    async [Symbol.asyncDispose]() {
      const end = await closed
      await end()
    },
  }
}

/**
 * The authorization code of a person. It has all that the provider needs to know: any number of
 * sign-ins may be under way, and some never end.
 */
export function codeOf(subject: string, nonce: string | null): string {
  return encode({ sub: subject, nonce })
}

function serve(origin: string): RequestListener {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = { ...publicKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig', alg: 'ES256' }
  const tokenFor = (code: string) => {
    const now = Math.floor(Date.now() / 1000)
    const person = JSON.parse(Buffer.from(code, 'base64url').toString())
    const claims = { iss: origin, aud: clientId, iat: now, exp: now + 300, ...person }
    const signed = `${encode({ alg: 'ES256', kid: 'k1' })}.${encode(claims)}`
    return `${signed}.${signES256(signed, { privateKey })}`
  }
  return async (request, response) => {
    const code = new URLSearchParams(await text(request)).get('code')
    const answers: Readonly<Record<string, () => object>> = {
      '/.well-known/openid-configuration': () => metadataOf(origin),
      '/jwks': () => ({ keys: [key] }),
      '/token': () => ({
        access_token: 'opaque',
        token_type: 'Bearer',
        id_token: tokenFor(code ?? ''),
      }),
    }
    const answer = answers[request.url ?? '']
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer?.() ?? {}))
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
