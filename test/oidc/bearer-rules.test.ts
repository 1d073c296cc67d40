import t from 'tap'
import { bearerTypes, faultOfClaims } from '../../src/oidc/bearer-rules.ts'
import { parseJwt } from '../../src/oidc/parse-jwt.ts'
import { parseSigningHeader } from '../../src/oidc/signing-header.ts'

const nowSeconds = 1_800_000_000
const terms = {
  audience: 'ours',
  clientIds: new Set(['our-client', 'other-client']),
  now: new Date(nowSeconds * 1000),
}
const good = { aud: 'ours', iat: nowSeconds, exp: nowSeconds + 300 }

t.test('the claims of an access token are judged by name', async (t) => {
  const accepted: readonly object[] = [
    good,
    { ...good, aud: ['another', 'ours'] },
    { ...good, exp: nowSeconds - 59 },
    { ...good, iat: nowSeconds + 60, nbf: nowSeconds + 60 },
    { ...good, exp: nowSeconds + 86_400 },
    { ...good, client_id: 'our-client', azp: 'our-client' },
  ]
  for (const claims of accepted) {
    t.equal(faultOfClaims({ ...claims }, terms), undefined, JSON.stringify(claims))
  }
  const refused: readonly (readonly [string, object])[] = [
    ['aud', { aud: undefined }],
    ['aud', { aud: 'Ours' }],
    ['aud', { aud: 'ours ' }],
    ['aud', { aud: [] }],
    ['aud', { aud: ['ours', 7] }],
    ['aud', { aud: { ours: true } }],
    ['aud', { aud: 'our-client' }],
    ['aud', { aud: ['ours', 'other-client'] }],
    ['nonce', { nonce: 'n' }],
    ['at_hash', { at_hash: 'h' }],
    ['c_hash', { c_hash: 'h' }],
    ['s_hash', { s_hash: 'h' }],
    ['events', { events: {} }],
    ['exp', { exp: undefined }],
    ['exp', { exp: String(good.exp) }],
    ['exp', { exp: Number.POSITIVE_INFINITY }],
    ['exp', { exp: Number.NaN }],
    ['exp', { exp: -1 }],
    ['expired', { exp: nowSeconds - 60 }],
    ['exp', { exp: nowSeconds + 86_401 }],
    ['iat', { iat: undefined }],
    ['iat', { iat: [nowSeconds] }],
    ['iat', { iat: nowSeconds + 61 }],
    ['nbf', { nbf: null }],
    ['nbf', { nbf: nowSeconds + 61 }],
  ]
  for (const [name, spoiled] of refused) {
    const fault = faultOfClaims({ ...good, ...spoiled }, terms)
    t.match(fault, name, JSON.stringify(spoiled))
  }
})

t.test('the header of a JWT names an asymmetric signature and nothing else', async (t) => {
  const header = { alg: 'ES256', kid: 'a' }
  for (const typ of [undefined, 'JWT', 'jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt']) {
    t.same(
      parseSigningHeader({ ...header, typ }, bearerTypes),
      { kid: 'a', algorithm: 'ES256' },
      `typ ${typ}`,
    )
  }
  const refused: readonly object[] = [
    { alg: 'none' },
    { alg: 'HS256' },
    { alg: 'HS512' },
    { alg: 'es256' },
    { alg: 'toString' },
    { alg: undefined },
    { alg: ['ES256'] },
    { kid: undefined },
    { kid: '' },
    { kid: 7 },
    { crit: ['exp'] },
    { crit: [] },
    { crit: null },
    { typ: 'logout+jwt' },
    { typ: 'id_token' },
    { typ: 7 },
  ]
  for (const spoiled of refused) {
    t.type(
      parseSigningHeader({ ...header, ...spoiled }, bearerTypes),
      'string',
      JSON.stringify(spoiled),
    )
  }
})

t.test('any text is read as a JWT or not at all, within bounds', async (t) => {
  const encode = (text: string) => Buffer.from(text).toString('base64url')
  const jwt = (header: string, claims: string) => `${encode(header)}.${encode(claims)}.s`
  t.same(parseJwt(jwt('{"alg":"ES256"}', '{"sub":"a"}')), {
    header: { alg: 'ES256' },
    claims: { sub: 'a' },
  })
  const good = jwt('{}', '{}')
  const texts = [
    '',
    `${good} `,
    `${good}=`,
    `${good}.s`,
    good.replace('.', '=.'),
    `\n${good}`,
    '.',
    '..',
    'a.b.c',
    jwt('[]', '{}'),
    jwt('{}', 'null'),
    jwt('{}', '"text"'),
    jwt('{}', '{'),
    jwt('\ufeff{}', '{}'),
    jwt(`{"kid":"${'k'.repeat(1_024)}"}`, '{}'),
    jwt('{}', `{"groups":"${'g'.repeat(8_192)}"}`),
    `${encode('{}')}.${Buffer.from([0x7b, 0xff, 0x7d]).toString('base64url')}.s`,
  ]
  for (const text of texts) t.equal(parseJwt(text), undefined, text.slice(0, 40))
})
