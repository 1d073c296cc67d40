import { request as httpRequest } from 'node:http'
import t, { type Test, test } from 'tap'
import { encodeBase62 } from '../../src/domain/token/base62.ts'
import { computeTag, deriveTagKey } from '../../src/domain/token/tag.ts'
import { parseToken, type Token } from '../../src/domain/token/token.ts'
import type { Answer, Api } from '../helpers/api.ts'
import { type CheckedService, startCheckedService } from '../helpers/checked-service.ts'
import { newAccount, newAllowList, newKey, newRole } from '../helpers/fixtures.ts'
import { assertProblem } from '../helpers/problems.ts'
import { shareService } from '../helpers/share-service.ts'

const shared = shareService(t, await startCheckedService(t))
const unknownId = '0192f3a4-5b6c-7d8e-9f01-23456789abcd'
const unauthenticated = { status: 401, code: 'unauthenticated' }
const permissionDenied = { status: 403, code: 'permission_denied' }
const notFound = { status: 404, code: 'not_found' }

test('a bad token gets the verdict of its kind, and as a credential is 401', async (t) => {
  const { root, as, service } = shared
  const { token: text } = await newKey(root, await newAccount(root))
  const token = requireToken(text)
  const { malformed, unknown } = wrongTokens(token)

  for (const [kind, subject] of malformed) {
    t.same(await root.verify(subject), { valid: false, reason: 'malformed' }, kind)
  }
  const { hasher, counters } = service.deps
  const before = { argon2: hasher.queue.completed, reads: counters.credentialReads }
  for (const [kind, subject] of unknown) {
    t.same(await root.verify(subject), { valid: false, reason: 'not_found' }, kind)
  }
  const after = { argon2: hasher.queue.completed, reads: counters.credentialReads }
  t.same(after, before, 'a forged token costs neither a query nor an Argon2')

  for (const [kind, subject] of [...malformed, ...unknown]) {
    // Other texts cannot be in a header, or contain a space, and so are not presented as a token.
    if (!/^[\x21-\x7e]{1,10000}$/.test(subject)) continue
    assertProblem(t, await as(subject).get('/v1/me'), unauthenticated, `Authorization: ${kind}`)
  }
  t.equal((await as(text).get('/v1/me')).status, 200, 'the token itself is good')
})

test('an Authorization header other than one Bearer token is 401 with a challenge', async (t) => {
  const { as, service, rootToken, check } = shared
  const nobody = as(undefined)
  const me = (authorization: string) => nobody.call('GET', '/v1/me', { headers: { authorization } })
  const missing = await nobody.get('/v1/me')
  assertProblem(t, missing, unauthenticated, 'missing')
  t.equal(missing.headers['www-authenticate'], 'Bearer realm="aeon-keys"')
  const wrong: readonly [string, string][] = [
    ['empty', ''],
    ['the scheme alone', 'Bearer'],
    ['the scheme and a space', 'Bearer '],
    ['the token alone', rootToken],
    ['Basic', `Basic ${Buffer.from(`root:${rootToken}`).toString('base64')}`],
    ['another scheme', `Token ${rootToken}`],
    ['a longer scheme', `XBearer ${rootToken}`],
    ['two tokens', `Bearer ${rootToken} ${rootToken}`],
    ['two tokens and a comma', `Bearer ${rootToken}, Bearer ${rootToken}`],
    ['a tab', `Bearer\t${rootToken}`],
    ['quotes', `Bearer "${rootToken}"`],
    ['10 kB', `Bearer ${'a'.repeat(10_000)}`],
  ]
  for (const [told, authorization] of wrong) {
    const answer = await me(authorization)
    assertProblem(t, answer, unauthenticated, told)
    // RFC 6750, section 3.1: no error for a request without a bearer token.
    const isBearer = /^bearer [^ ]/i.test(authorization)
    const challenge = `Bearer realm="aeon-keys"${isBearer ? ', error="invalid_token"' : ''}`
    t.equal(answer.headers['www-authenticate'], challenge, told)
  }
  for (const authorization of [`bearer ${rootToken}`, `BEARER  ${rootToken}`]) {
    t.equal((await me(authorization)).status, 200, 'a scheme has no case (RFC 9110, section 11.1)')
  }

  const url = await service.app.listen({ host: '127.0.0.1', port: 0 })
  const doubled = (...values: string[]) =>
    send(`${url}/v1/me`, ['Host', 'x', ...values.flatMap((value) => ['Authorization', value])])
  const bearer = `Bearer ${rootToken}`
  for (const values of [
    [bearer, bearer],
    [bearer, 'Bearer x'],
    ['Basic x', bearer],
  ]) {
    const answer = await doubled(...values)
    check('GET', '/v1/me', answer)
    assertProblem(t, answer, unauthenticated, 'doubled')
  }
  t.equal((await doubled(bearer)).status, 200)
})

test('a good token is refused outside the limits of its key', async (t) => {
  const started = shared
  const { root, as } = started
  const account = await newAccount(root)
  const other = await newAccount(root, 'Other')
  const own = `/v1/accounts/${account}/api-keys`

  await t.test('a key gets 404 outside its account', async (t) => {
    const { token } = await newKey(root, account)
    const theirs = await newKey(root, other)
    const verdict = await root.verify(token, { account_id: other })
    t.same([verdict.valid, verdict.reason], [false, 'wrong_account'])
    for (const id of [other, unknownId, 'x']) {
      const path = `/v1/accounts/${id}/api-keys`
      assertProblem(t, await as(token).get(path), notFound, `GET ${path}`)
      assertProblem(t, await as(token).post(path, {}), notFound, `POST ${path}`)
    }
    const through = await as(token).get(`${own}/${theirs.id}`)
    assertProblem(t, through, notFound, "another account's key under the own account")
    const revoked = await as(token).post(`${own}/${theirs.id}/revoke`, {})
    assertProblem(t, revoked, notFound, "revoking another account's key")
    t.equal((await root.verify(theirs.token)).valid, true, 'which is as good as before')
  })

  await t.test('a key without the permission gets 403', async (t) => {
    const { token } = await newKey(root, account, { role: 'viewer' })
    const verdict = await root.verify(token, { permissions: ['cluster:read', 'cluster:delete'] })
    t.same([verdict.valid, verdict.reason], [false, 'insufficient_permissions'])
    const answer = await as(token).post(own, { name: 'x', role: 'viewer', expires_at: null })
    assertProblem(t, answer, permissionDenied, 'a viewer issues nothing')
  })

  await t.test('a key used from outside its allow lists gets 403', async (t) => {
    const list = await newAllowList(root, account, ['192.0.2.0/24', '2001:db8::/32'])
    const { token } = await newKey(root, account, { allow_list_ids: [list] })
    const from = (remoteAddress: string) => as(token).call('GET', '/v1/me', { remoteAddress })
    for (const address of ['192.0.2.9', '::ffff:192.0.2.9', '2001:db8::9']) {
      t.equal((await from(address)).status, 200, address)
      t.equal((await root.verify(token, { client_ip: address })).valid, true, address)
    }
    for (const address of ['192.0.3.1', '::1', '::192.0.2.9', '127.0.0.1']) {
      assertProblem(t, await from(address), permissionDenied, address)
      const { reason } = await root.verify(token, { client_ip: address })
      t.equal(reason, 'address_not_allowed', address)
    }
    t.equal((await root.verify(token)).reason, 'address_not_allowed', 'no address')
    const spoofed = await as(token).call('GET', '/v1/me', {
      remoteAddress: '198.51.100.1',
      headers: {
        'x-forwarded-for': '192.0.2.9',
        'x-real-ip': '192.0.2.9',
        forwarded: 'for=192.0.2.9',
      },
    })
    assertProblem(t, spoofed, permissionDenied, 'a header is no address')
  })

  await t.test('a key gets 401 from the moment of its expiry', (t) => expires(t, started, account))

  await t.test('a disabled or revoked key gets 401', async (t) => {
    const { id, token } = await newKey(root, account)
    const acts: readonly [string, string | undefined][] = [
      ['disable', 'disabled'],
      ['enable', undefined],
      ['revoke', 'revoked'],
    ]
    for (const [act, reason] of acts) {
      t.equal((await root.post(`${own}/${id}/${act}`, { reason: 'a test' })).status, 200)
      t.equal((await root.verify(token)).reason, reason, act)
      const answer = await as(token).get('/v1/me')
      if (reason === undefined) t.equal(answer.status, 200, act)
      else assertProblem(t, answer, unauthenticated, act)
    }
  })
})

test('errors take precedence in the order 401, 404 of an account, 403, 400', async (t) => {
  const { root, as } = shared
  const account = await newAccount(root)
  const other = await newAccount(root, 'Other')
  const platform = (await root.get('/v1/me')).body.api_key.account_id
  const keys = (id: string) => `/v1/accounts/${id}/api-keys`
  const withRole = async (id: string, permissions: readonly string[]) => {
    const role = await newRole(root, id, 'powerless', permissions)
    return as((await newKey(root, id, { role })).token)
  }
  const nobody = as(undefined)
  const powerless = await withRole(account, [])
  const powerlessPlatform = await withRole(platform, [])
  const admin = as((await newKey(root, account)).token)
  const faulty = [
    { type: 'application/json', text: '{"name":' },
    { type: 'application/json', text: '{"nope":1}' },
    { type: 'application/json', text: ' '.repeat(1_000_000) },
    { type: 'text/plain', text: 'x' },
  ]

  assertProblem(t, await nobody.get(keys(other)), unauthenticated, '401 before 404')
  assertProblem(t, await powerless.get(keys(other)), notFound, '404 before 403')
  assertProblem(t, await powerlessPlatform.get(keys(unknownId)), notFound, '404 before 403')
  assertProblem(
    t,
    await powerless.get(`${keys(account)}?nope=1`),
    permissionDenied,
    '403 before 400',
  )
  for (const raw of faulty) {
    const post = (caller: Api, id: string) => caller.call('POST', keys(id), { raw })
    assertProblem(t, await post(nobody, account), unauthenticated, '401 before the body is read')
    assertProblem(t, await post(admin, other), notFound, '404 before the body is read')
    assertProblem(t, await post(powerless, account), permissionDenied, '403 before it is read')
    const verify = await admin.call('POST', '/v1/verify', { raw })
    assertProblem(t, verify, permissionDenied, '403 for who is not of the platform')
  }
  const missing = `${keys(account)}/${unknownId}`
  assertProblem(t, await powerless.get(missing), permissionDenied, 'nobody probes for keys')
  const shapeless = await admin.post(`${missing}/revoke`, { nope: 1 })
  t.equal(shapeless.status, 400, 'within an account, the shape of a request before what it names')
  assertProblem(t, await admin.post(`${missing}/revoke`, {}), notFound, 'and then what it names')
})

async function expires(t: Test, { root, as, clock }: CheckedService, account: string) {
  const expiry = Date.now() + 3_600_000
  const { token } = await newKey(root, account, { expires_at: new Date(expiry).toISOString() })
  t.teardown(() => {
    clock.offsetMs = 0
  })
  clock.offsetMs = expiry - Date.now() - 10_000
  t.equal((await root.verify(token)).valid, true, 'ten seconds before')
  t.equal((await as(token).get('/v1/me')).status, 200)
  for (const lateMs of [0, 1]) {
    clock.offsetMs = expiry - Date.now() + lateMs
    const verdict = await root.verify(token)
    t.same([verdict.valid, verdict.reason], [false, 'expired'], `${lateMs} ms after`)
    assertProblem(t, await as(token).get('/v1/me'), unauthenticated, `${lateMs} ms after`)
  }
}

function wrongTokens(token: Token) {
  const { text } = token
  const idStart = token.prefix.length + 1
  const foreignKey = deriveTagKey(unknownId, Buffer.alloc(32, 7))
  const otherSecret = encodeBase62(Buffer.alloc(32, 9), 43)
  const otherId = encodeBase62(Buffer.alloc(16, 9), 22)
  const malformed: readonly [string, string][] = [
    ['empty', ''],
    ['cut at the end', text.slice(0, -1)],
    ['cut at the beginning', text.slice(idStart)],
    ['cut in the middle', token.signed],
    ['the hint alone', token.hint],
    ['longer at the end', `${text}0`],
    ['longer in the middle', text.replace('_', '_0')],
    ['another prefix, in upper case', text.replace('aeon', 'AEON')],
    ['another prefix, too long', text.replace('aeon', 'a'.repeat(17))],
    ['no prefix', text.replace('aeon', '')],
    ['an id beyond 128 bits', `aeon_${'z'.repeat(22)}${token.secret}_${token.tag}`],
    ['a secret beyond 256 bits', `${token.hint}${'z'.repeat(43)}_${token.tag}`],
    ['a tag beyond 64 bits', `${token.signed}_${'z'.repeat(11)}`],
    ['a space before', ` ${text}`],
    ['a line break after', `${text}\n`],
    ['NUL after', `${text}\0`],
    ['a right-to-left override after', `${text}\u202e`],
    ['half a character', '\ud800'],
    [
      'full-width digits',
      `${token.signed}_\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11`,
    ],
    ['a scheme before', `Bearer ${text}`],
    ['percent-encoded', text.replaceAll('_', '%5F')],
    ['base64', Buffer.from(text).toString('base64')],
    ['hexadecimal', Buffer.from(text).toString('hex')],
    ['twice', text + text],
    ['100 kB', 'a'.repeat(100_000)],
    ['100 kB that begins well', text + 'a'.repeat(100_000)],
    ['1025 characters that look like a JWT', `eyJhbGciOiJIUzI1NiJ9.${'a'.repeat(1004)}`],
  ]
  const unknown: readonly [string, string][] = [
    ['another prefix', text.replace('aeon_', 'sk_')],
    [
      'a changed tag',
      `${token.signed}_${token.tag === '0'.repeat(11) ? '1' : '0'}${'0'.repeat(10)}`,
    ],
    [
      'a tag under a key of somebody else',
      `${token.signed}_${computeTag(token.signed, foreignKey)}`,
    ],
    ['a changed secret', `${token.hint}${otherSecret}_${token.tag}`],
    ['a changed id', `aeon_${otherId}${token.secret}_${token.tag}`],
    ['a JWT of nobody', 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.c2lnbmF0dXJl'],
  ]
  return { malformed, unknown }
}

function requireToken(text: string): Token {
  const token = parseToken(text)
  if (token === undefined) throw new Error('An issued token does not parse.')
  return token
}

/** A GET with raw header pairs: neither fetch nor inject sends a header twice. */
function send(url: string, headers: readonly string[]): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { headers: [...headers], agent: false }, (response) => {
      response.setEncoding('utf8')
      let text = ''
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          body: JSON.parse(text),
        }),
      )
    })
    request.on('error', reject)
    request.end()
  })
}
