/** What a provider, or who stands in its place, may answer: nobody is signed in by a fault. */
import { generateKeyPairSync } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import t from 'tap'
import { callWithCookie, cookieName } from '../helpers/browser.ts'
import { createTestDatabase } from '../helpers/database.ts'
import { newAccount } from '../helpers/fixtures.ts'
import {
  answerOf,
  type Misdeed,
  signES256,
  signHS256,
  startHostileProvider,
} from '../helpers/hostile-provider.ts'
import { assertProblem } from '../helpers/problems.ts'
import {
  begin,
  comeBack,
  cookiesOf,
  tryBegin,
  writeProviders,
} from '../helpers/provider-sign-in.ts'
import { startTestService, type TestService } from '../helpers/service.ts'

const database = await createTestDatabase()
t.teardown(() => database.drop())
const first = await startTestService(t, { database })
const { root, rootToken } = first
const account = await newAccount(root)
await first.stop()
const provider = await startHostileProvider(t)
const roles = [{ claim: 'groups', value: 'admins', account, role: 'admin' }]
const OIDC_FILE = await writeProviders(t, [{ ...provider, roles }])
const settings = { OIDC_FILE }

/** A service that has not asked the provider yet. */
const start = (): Promise<TestService> => startTestService(t, { database, rootToken, settings })
const service = await start()

const nowSeconds = () => Math.floor(Date.now() / 1000)
const failed = (reason: string) => ({
  status: 303,
  headers: { location: `/console#sign-in-failed=${reason}` },
})

/** Signs in while the provider does this at the token endpoint. */
async function signInBy(at: TestService, misdeed: Misdeed) {
  provider.misdeed = {}
  const { url, cookie } = await begin(at)
  provider.misdeed = misdeed
  return comeBack(at, answerOf(provider, url), cookie)
}

t.test('a correct answer of the provider signs a person in', async (t) => {
  const answer = await signInBy(service, {})
  t.match(answer, { status: 303, headers: { location: '/console' } })
  service.canaries.addSecret(cookiesOf(answer)[cookieName] ?? '')
})

t.test('a provider signs by a key that it published a moment ago', async (t) => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'k2', use: 'sig', alg: 'ES256' }
  const asked = provider.asked.get('/jwks') ?? 0
  const signed: Misdeed = {
    header: { kid: 'k2' },
    signature: (text) => signES256(text, { privateKey }),
  }
  const answer = await signInBy(service, { ...signed, jwks: (keys) => ({ keys: [...keys, jwk] }) })
  t.match(answer, { status: 303, headers: { location: '/console' } })
  service.canaries.addSecret(cookiesOf(answer)[cookieName] ?? '')
  t.match(await signInBy(service, signed), failed('refused'), 'once it is withdrawn')
  t.equal((provider.asked.get('/jwks') ?? 0) - asked, 2)
  const unproved = answersToken((response) => {
    response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_grant"}')
  })
  t.match(await signInBy(service, unproved), failed('refused'))
  t.equal((provider.asked.get('/jwks') ?? 0) - asked, 2, 'not for a code that proves nothing')
})

const unsigned = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url')

/** ID tokens that prove nothing. */
const badTokens: Readonly<Record<string, Misdeed>> = {
  'another nonce': { claims: (claims) => ({ ...claims, nonce: 'another' }) },
  'no nonce': { claims: ({ nonce: _, ...claims }) => claims },
  'another audience': { claims: (claims) => ({ ...claims, aud: 'another' }) },
  'several audiences without an authorized party': {
    claims: (claims) => ({ ...claims, aud: ['aeon-keys', 'another'] }),
  },
  'another authorized party': { claims: (claims) => ({ ...claims, azp: 'another' }) },
  'another issuer': { claims: (claims) => ({ ...claims, iss: 'https://other.example.com' }) },
  'the issuer with a slash': { claims: (claims) => ({ ...claims, iss: `${claims.iss}/` }) },
  'an expiry in the past': { claims: (claims) => ({ ...claims, exp: nowSeconds() - 600 }) },
  'no expiry': { claims: ({ exp: _, ...claims }) => claims },
  'a time from which it is valid in the future': {
    claims: (claims) => ({ ...claims, nbf: nowSeconds() + 600 }),
  },
  'no subject': { claims: ({ sub: _, ...claims }) => claims },
  'a subject that is a number': { claims: (claims) => ({ ...claims, sub: 1 }) },
  'an empty subject': { claims: (claims) => ({ ...claims, sub: '' }) },
  'a subject of 256 characters': { claims: (claims) => ({ ...claims, sub: 'x'.repeat(256) }) },
  'a subject with a control character': { claims: (claims) => ({ ...claims, sub: 'a\u0000b' }) },
  'no signature': { header: { alg: 'none' }, signature: () => '' },
  'the signature of another key': {
    signature: (text, { stranger }) => signES256(text, { privateKey: stranger }),
  },
  'a signature by the secret of the client': {
    header: { alg: 'HS256' },
    signature: (text) => signHS256(text, provider.clientSecret),
  },
  'a MAC under the public key': {
    header: { alg: 'HS256' },
    signature: (text, { publicKey }) =>
      signHS256(text, publicKey.export({ type: 'spki', format: 'pem' }).toString()),
  },
  'a key that the provider does not have': { header: { kid: 'unknown' } },
  'the signature of another header': {
    signature: (text, keys) => signES256(text.replace(/^[^.]*/, unsigned), keys),
  },
  'a key of its own in the header': { header: { jwk: {}, kid: 'mine' } },
}

t.test('an ID token that proves nothing signs nobody in', async (t) => {
  for (const [label, misdeed] of Object.entries(badTokens)) {
    const answer = await signInBy(service, misdeed)
    t.match(answer, failed('refused'), label)
    t.equal(cookiesOf(answer)[cookieName], undefined, label)
  }
  const users = await root.get(`/v1/accounts/${account}/users`).catch(() => undefined)
  t.notOk(users?.text.includes('xxxx'))
})

/** Claims of a wrong type, each of which the log names. */
const badClaims: Readonly<Record<string, readonly [claim: string, value: unknown]>> = {
  'groups that are a number': ['groups', 7],
  'groups that are an object': ['groups', { admins: true }],
  'a group that is a number': ['groups', ['admins', 7]],
  'a group in a list': ['groups', [['admins']]],
  'more groups than any directory has': ['groups', Array(1_001).fill('admins')],
  'an e-mail address that is a list': ['email', ['a@example.com']],
  'a name that is an object': ['name', { toString: 'x' }],
  'a verification that is a number': ['email_verified', 1],
  'a time of the proof that no calendar has': ['auth_time', 1e300],
}

t.test('a claim of a wrong type refuses the sign-in, and is named', async (t) => {
  for (const [label, [claim, value]] of Object.entries(badClaims)) {
    const lines = service.logLines.length
    const answer = await signInBy(service, {
      claims: (claims) => ({ ...claims, [claim]: value }),
    })
    t.match(answer, failed('refused'), label)
    const line = service.logLines.slice(lines).find((text) => text.includes('sign-in refused'))
    t.match(line, `${claim}: `, label)
  }
})

/** An answer of the token endpoint alone. */
function answersToken(write: (response: ServerResponse) => void): Misdeed {
  return {
    answer: ({ url }, response) => {
      if (url !== '/token') return false
      write(response)
      return true
    },
  }
}

const secret = 'a-secret-of-the-provider'

function answersWith(status: number, text: string, type = 'application/json'): Misdeed {
  return answersToken((response) => {
    response.writeHead(status, { 'content-type': type }).end(text)
  })
}

/** Answers that are too much for anybody, or not those of a provider. */
const outages: Readonly<Record<string, Misdeed>> = {
  'a megabyte of groups': {
    claims: (claims) => ({ ...claims, groups: Array(1_000).fill('x'.repeat(1_048)) }),
  },
  'a redirect of the token endpoint': answersToken((response) => {
    response.writeHead(307, { location: `${provider.issuer}/token?again` }).end()
  }),
  'a connection that breaks within an answer': answersToken((response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1_000 })
    response.write('{"', () => response.destroy())
  }),
  'a limit of the rate': answersToken((response) => {
    response.writeHead(429, { 'content-type': 'application/json' }).end('{}')
  }),
  'an answer without a body': answersToken((response) => {
    response.writeHead(204).end()
  }),
  'an error of the token endpoint': answersToken((response) => {
    response.writeHead(502).end('<html>')
  }),
  'a page': answersWith(200, '<html>maintenance', 'text/html'),
  'a page that is forbidden': answersWith(403, '<html>', 'text/html'),
  'a page that is not found': answersWith(404, '<html>', 'text/html'),
  'a page that asks for a password': answersToken((response) => {
    response.writeHead(401, { 'www-authenticate': 'Basic realm="proxy"' }).end('<html>')
  }),
  'broken JSON': answersWith(200, `{"access_token":"${secret}"${secret}`),
  'a list': answersWith(200, `["${secret}"]`),
  'an object without tokens': answersWith(200, '{"message":"maintenance"}'),
  'a token that is a number': answersWith(200, '{"access_token":7,"token_type":"Bearer"}'),
  'an ID token that is a number': answersWith(
    200,
    '{"access_token":"opaque","token_type":"Bearer","id_token":7}',
  ),
  'an error that has no code': answersWith(404, '{"error":"Not Found"}'),
  'an error of the server': answersWith(400, `{"error":"server_error","more":"${secret}"}`),
  'an error for now': answersWith(400, '{"error":"temporarily_unavailable"}'),
  'an error for now with 200': answersWith(200, '{"error":"temporarily_unavailable"}'),
}

t.test('an answer that no provider may give signs nobody in', async (t) => {
  for (const [label, misdeed] of Object.entries(outages)) {
    t.match(await signInBy(service, misdeed), failed('away'), label)
  }
  t.equal(provider.asked.get('/token?again'), undefined)
  t.notOk(service.logLines.some((line) => line.includes(secret)))
})

t.test('an error by which the provider refuses the sign-in is named in the log', async (t) => {
  const statuses = {
    invalid_grant: [400, 403],
    invalid_client: [401],
    access_denied: [403],
    unauthorized_client: [400, 200],
  }
  for (const [error, each] of Object.entries(statuses)) {
    for (const status of each) {
      const lines = service.logLines.length
      const misdeed = answersToken((response) => {
        response.writeHead(status, {
          'content-type': 'application/json',
          ...(status === 401 && { 'www-authenticate': 'Basic realm="clients"' }),
        })
        response.end(JSON.stringify({ error, error_description: secret }))
      })
      t.match(await signInBy(service, misdeed), failed('refused'), `${status} ${error}`)
      const line = service.logLines.slice(lines).find((text) => text.includes('sign-in refused'))
      t.match(line, error)
    }
  }
  const odd = answersWith(400, `{"error":"${secret} 7"}`)
  t.match(await signInBy(service, odd), failed('refused'), 'a code of an extension')
  t.notOk(service.logLines.some((line) => line.includes(secret)))
})

t.test('an error that the browser brings is an outage or a refusal', async (t) => {
  provider.misdeed = {}
  for (const [error, reason] of Object.entries({
    server_error: 'away',
    temporarily_unavailable: 'away',
    access_denied: 'refused',
    login_required: 'refused',
    unauthorized_client: 'refused',
    [`${secret} 7`]: 'refused',
  })) {
    const lines = service.logLines.length
    const { url, cookie } = await begin(service)
    const back = answerOf(provider, url)
    back.searchParams.delete('code')
    back.searchParams.set('error', error)
    back.searchParams.set('error_description', secret)
    t.match(await comeBack(service, back, cookie), failed(reason), error)
    const line = service.logLines.slice(lines).find((text) => text.includes('sign-in refused'))
    t.equal(line?.includes(`(${error})`), !error.includes(secret), error)
    t.notOk(line?.includes(secret), error)
  }
})

/** Metadata by which a provider would lead the service elsewhere. */
const badMetadata: Readonly<Record<string, Misdeed>> = {
  'another issuer': { metadata: (metadata) => ({ ...metadata, issuer: 'http://127.0.0.1:1' }) },
  'the issuer with a slash': {
    metadata: (metadata) => ({ ...metadata, issuer: `${metadata.issuer}/` }),
  },
  'a redirect': {
    answer: (_, response) => {
      response.writeHead(302, { location: `${provider.issuer}/elsewhere` }).end()
      return true
    },
  },
  'a list of methods that is a number': {
    metadata: (metadata) => ({ ...metadata, token_endpoint_auth_methods_supported: 7 }),
  },
  'no JSON': {
    answer: (_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>')
      return true
    },
  },
  'a megabyte': { metadata: (metadata) => ({ ...metadata, more: 'x'.repeat(1_048_576) }) },
}

t.test('metadata that a provider may not have begin no sign-in', async (t) => {
  for (const [label, misdeed] of Object.entries(badMetadata)) {
    const fresh = await start()
    provider.misdeed = misdeed
    const answer = await tryBegin(fresh, { provider: 'corp' })
    assertProblem(t, answer, { status: 503, code: 'unavailable' }, label)
    if (label === 'a list of methods that is a number') {
      const line = fresh.logLines.find((text) => text.includes('the provider is unavailable'))
      t.match(line, /token_endpoint_auth_methods_supported/, 'the log names the member')
    }
    t.equal(provider.asked.get('/elsewhere'), undefined, label)
    await fresh.stop()
  }
})

t.test('no endpoint is asked at an origin that OIDC_FILE does not name', async (t) => {
  const inside = await startHostileProvider(t)
  for (const endpoint of ['token_endpoint', 'jwks_uri']) {
    const fresh = await start()
    const misdeed: Misdeed = {
      metadata: (metadata) => ({ ...metadata, [endpoint]: `${inside.issuer}/inside` }),
    }
    provider.misdeed = misdeed
    const { url, cookie } = await begin(fresh)
    t.match(await comeBack(fresh, answerOf(provider, url), cookie), failed('away'), endpoint)
    t.same([...inside.asked], [], endpoint)
    await fresh.stop()
  }
})

t.test('an endpoint at another origin is asked if OIDC_FILE names the origin', async (t) => {
  const elsewhere = await startHostileProvider(t)
  const keys: unknown = await (await fetch(`${provider.issuer}/jwks`)).json()
  const OIDC_FILE = await writeProviders(t, [
    { ...provider, entry: { ...provider.entry, origins: [elsewhere.issuer] }, roles },
  ])
  const fresh = await startTestService(t, { database, rootToken, settings: { OIDC_FILE } })
  elsewhere.misdeed = { jwks: () => keys }
  provider.misdeed = {
    metadata: (metadata) => ({ ...metadata, jwks_uri: `${elsewhere.issuer}/jwks` }),
  }
  const { url, cookie } = await begin(fresh)
  const answer = await comeBack(fresh, answerOf(provider, url), cookie)
  t.match(answer, { status: 303, headers: { location: '/console' } })
  fresh.canaries.addSecret(cookiesOf(answer)[cookieName] ?? '')
  t.same([...elsewhere.asked], [['/jwks', 1]])
  await fresh.stop()
})

t.test('a key set of a provider that never ends is not read', async (t) => {
  const fresh = await start()
  const answer = await signInBy(fresh, {
    jwks: ([key]) => ({ keys: Array(10_000).fill(key) }),
  })
  t.match(answer, failed('away'))
  await fresh.stop()
})

t.test('a provider that is away is not asked by every visitor', async (t) => {
  const fresh = await start()
  const { [cookieName]: session = '' } = cookiesOf(await signInBy(service, {}))
  service.canaries.addSecret(session)
  provider.misdeed = {
    answer: (_, response) => {
      response.writeHead(500).end()
      return true
    },
  }
  const path = '/.well-known/openid-configuration'
  const before = provider.asked.get(path) ?? 0
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => tryBegin(fresh, { provider: 'corp' })),
  )
  t.same(new Set(answers.map(({ status }) => status)), new Set([503]))
  t.equal((provider.asked.get(path) ?? 0) - before, 1)
  const out = await callWithCookie(fresh, session, 'DELETE', '/v1/session')
  const ended = { status: 200, body: { receipt: { state: 'complete' }, logout_url: null } }
  t.match(out, ended, 'a sign-out ends the session, and leads nowhere')
  provider.misdeed = {}
  await fresh.stop()
})
