/**
 * Metadata and keys of a provider with a member of a wrong type: the provider counts as one that is
 * away, and the reason names the member. It is no refusal of a person.
 */
import t, { type Test } from 'tap'
import { ProviderUnavailable } from '../../src/oidc/errors.ts'
import { loadKeySet } from '../../src/oidc/load-key-set.ts'
import { Provider } from '../../src/oidc/provider.ts'
import { consoleOrigin } from '../helpers/browser.ts'
import { answerOf, type Misdeed, startHostileProvider } from '../helpers/hostile-provider.ts'

const hostile = await startHostileProvider(t)
const settings = {
  ...hostile.entry,
  label: 'corp',
  clientId: hostile.entry.client_id,
  clientSecret: hostile.clientSecret,
  scopes: ['openid'],
  origins: [],
  audience: undefined,
  rules: [],
}

/** A sign-in from beginning to end at a provider that is asked for its documents anew. */
async function signIn(misdeed: Misdeed) {
  hostile.misdeed = misdeed
  const provider = new Provider(settings)
  const start = {
    state: 'the-state',
    nonce: 'the-nonce',
    codeVerifier: 'x'.repeat(43),
    redirectUri: `${consoleOrigin}/v1/session/callback/corp`,
    isConfirmation: false,
  }
  const url = await provider.start(start)
  return provider.finish({ ...start, parameters: answerOf(hostile, url.href).searchParams })
}

const values = { null: null, number: 7, string: 'text', array: [7], object: {}, boolean: true }
type Kind = keyof typeof values

/** The values of every type but those that a member may have. */
const wrong = (...right: Kind[]) =>
  Object.entries(values).filter(([kind]) => !right.includes(kind as Kind))

const metadataMembers: Readonly<Record<string, readonly Kind[]>> = {
  issuer: [],
  authorization_endpoint: [],
  token_endpoint: [],
  jwks_uri: [],
  end_session_endpoint: ['string'],
  token_endpoint_auth_methods_supported: [],
  id_token_signing_alg_values_supported: [],
  authorization_response_iss_parameter_supported: ['boolean'],
}

t.test('the provider signs in whose documents are as they should be', async (t) => {
  t.match(await signIn({}), { subject: 'mallory' })
  const unknown = { kty: 'unknown', kid: 7 }
  t.match(await signIn({ jwks: (keys) => ({ keys: [unknown, ...keys] }) }), { subject: 'mallory' })
  t.equal((await loadKeySet(settings)).size, 1, 'a key of an unknown kind is ignored')
})

t.test('a member of the metadata of a wrong type is named, and refuses nobody', async (t) => {
  for (const [member, right] of Object.entries(metadataMembers)) {
    for (const [kind, value] of wrong(...right)) {
      const misdeed: Misdeed = { metadata: (metadata) => ({ ...metadata, [member]: value }) }
      const named = { name: 'ProviderUnavailable', message: new RegExp(`\\b${member}\\b`) }
      // An issuer that is a text is one of another name.
      const away =
        member === 'issuer' && kind === 'string' ? { name: 'ProviderUnavailable' } : named
      await t.rejects(signIn(misdeed), away, `${member}: ${kind}`)
      if (!['issuer', 'jwks_uri'].includes(member)) continue
      await t.rejects(loadKeySet(settings), away, `${member}: ${kind}, for JWTs`)
    }
  }
})

t.test('metadata without a member that is needed refuse nobody', async (t) => {
  for (const member of ['issuer', 'authorization_endpoint', 'token_endpoint', 'jwks_uri']) {
    const misdeed: Misdeed = {
      metadata: ({ [member]: _, ...metadata }) => metadata,
    }
    const away = { name: 'ProviderUnavailable', message: new RegExp(`\\b${member}\\b`) }
    await t.rejects(signIn(misdeed), away, member)
  }
})

const keyMembers: Readonly<Record<string, readonly Kind[]>> = {
  kty: ['string'],
  kid: ['string'],
  use: ['string'],
  key_ops: [],
  alg: ['string'],
  crv: ['string'],
  n: ['string'],
  e: ['string'],
  x: ['string'],
  y: ['string'],
}

/** Both readers of a JWK Set find the fault, and name the member. */
async function awayByKeys(
  t: Test,
  label: string,
  jwks: Misdeed['jwks'],
  member: RegExp,
): Promise<void> {
  const away = { name: 'ProviderUnavailable', message: member }
  const misdeed: Misdeed = jwks === undefined ? {} : { jwks }
  await t.rejects(signIn(misdeed), away, `${label}, at a sign-in`)
  await t.rejects(loadKeySet(settings), away, `${label}, for JWTs`)
}

t.test('a member of the JWK Set of a wrong type is named, and refuses nobody', async (t) => {
  for (const [kind, value] of wrong()) {
    if (kind !== 'array') await awayByKeys(t, `keys: ${kind}`, () => ({ keys: value }), /\bkeys\b/)
    if (kind === 'object') continue
    await awayByKeys(t, `a key: ${kind}`, (keys) => ({ keys: [...keys, value] }), /keys\/1\b/)
  }
  for (const [member, right] of Object.entries(keyMembers)) {
    for (const [kind, value] of wrong(...right)) {
      const jwks: Misdeed['jwks'] = ([key]) => ({ keys: [key, { ...key, [member]: value }] })
      await awayByKeys(t, `${member}: ${kind}`, jwks, new RegExp(`\\b${member} of keys/1\\b`))
    }
  }
})

t.test('keys that are no JSON object refuse nobody', async (t) => {
  const answers = {
    'a page': ['text/html', 200, '<html>'],
    'a list': ['application/json', 200, '[]'],
    'not found': ['application/json', 404, '{}'],
  } as const
  for (const [label, [type, status, text]] of Object.entries(answers)) {
    const misdeed: Misdeed = {
      answer: ({ url }, response) => {
        if (url !== '/jwks') return false
        response.writeHead(status, { 'content-type': type }).end(text)
        return true
      },
    }
    await t.rejects(signIn(misdeed), ProviderUnavailable, label)
    await t.rejects(loadKeySet(settings), ProviderUnavailable, label)
  }
})
