import t from 'tap'
import { faultOfLogout, logoutTypes } from '../../src/oidc/logout-rules.ts'
import { parseSigningHeader } from '../../src/oidc/signing-header.ts'

const nowSeconds = 1_800_000_000
const terms = { clientId: 'client', now: new Date(nowSeconds * 1000) }
const event = 'http://schemas.openid.net/event/backchannel-logout'
const good = {
  aud: 'client',
  iat: nowSeconds,
  exp: nowSeconds + 120,
  jti: 'once',
  sub: 'ada',
  events: { [event]: {} },
}

t.test('the claims of a logout token are judged by name', async (t) => {
  const accepted: readonly object[] = [
    good,
    { ...good, aud: ['other', 'client'] },
    { ...good, sid: 's' },
    { ...good, sub: undefined, sid: 's' },
    { ...good, events: { [event]: { more: true }, other: 7 } },
  ]
  for (const claims of accepted) {
    t.equal(faultOfLogout({ ...claims }, terms), undefined, JSON.stringify(claims))
  }
  const refused: readonly (readonly [string, object])[] = [
    ['aud', { aud: 'Client' }],
    ['aud', { aud: undefined }],
    ['aud', { aud: ['client', 7] }],
    ['events', { events: undefined }],
    ['events', { events: null }],
    ['events', { events: event }],
    ['events', { events: [event] }],
    ['events', { events: {} }],
    ['events', { events: { [event]: null } }],
    ['events', { events: { [event]: [] } }],
    ['events', { events: { [event]: true } }],
    ['nonce', { nonce: 'n' }],
    ['nonce', { nonce: null }],
    ['jti', { jti: undefined }],
    ['jti', { jti: '' }],
    ['jti', { jti: 7 }],
    ['jti', { jti: 'j'.repeat(256) }],
    ['jti', { jti: 'a\0b' }],
    ['jti', { jti: '\ud800' }],
    ['sub or sid', { sub: undefined }],
    ['sub', { sub: 7 }],
    ['sid', { sid: ['s'] }],
    ['exp', { exp: undefined }],
    ['expired', { exp: nowSeconds - 60 }],
    ['iat', { iat: nowSeconds + 61 }],
    ['exp', { exp: nowSeconds + 86_401 }],
  ]
  for (const [name, spoiled] of refused) {
    t.match(faultOfLogout({ ...good, ...spoiled }, terms), name, JSON.stringify(spoiled))
  }
  for (const typ of ['at+jwt', 'secevent+jwt', 7]) {
    t.type(parseSigningHeader({ alg: 'ES256', kid: 'k', typ }, logoutTypes), 'string', `${typ}`)
  }
})
