import { createHmac } from 'node:crypto'
import { inspect } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { decodeBase62, encodeBase62 } from '../../src/domain/token/base62.ts'
import { HmacKey } from '../../src/domain/token/hmac-key.ts'
import { looksLikeJwt, openJwtForm, sealJwtForm } from '../../src/domain/token/jwt-form.ts'
import { parsePresentedToken } from '../../src/domain/token/parsed-token.ts'
import { redactTokens } from '../../src/domain/token/redaction.ts'
import { computeTag, deriveTagKey, findTagKey } from '../../src/domain/token/tag.ts'
import {
  formatToken,
  hintOf,
  keyIdOf,
  parseHint,
  parseToken,
  type Token,
} from '../../src/domain/token/token.ts'
import { isUuid, uuidFromBytes, uuidToBytes, uuidV7 } from '../../src/domain/uuid.ts'
import { propertyRuns } from '../helpers/property-runs.ts'
import vectors from '../vectors/token.json' with { type: 'json' }

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

const tagKey = deriveTagKey('ours', Buffer.from(vectors.tag_key_hex, 'hex'))
const otherKey = deriveTagKey('other', Buffer.alloc(32, 7))
const keyring = [otherKey, tagKey]

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const prefixes = fc.stringMatching(/^[a-z][a-z0-9]{0,15}$/)
const tokens = fc
  .record({ prefix: prefixes, keyId: bytes(16).map(uuidFromBytes), secret: bytes(32) })
  .map((parts) => formatToken({ ...parts, tagKey }))
const anyText = fc.string({ unit: 'binary', maxLength: 120 })
const anyUnits = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 120 })
  .map((units) => String.fromCharCode(...units))
const tokenLike = fc.stringMatching(/^[a-z][a-z0-9]{0,15}_[0-9A-Za-z]{64,66}_[0-9A-Za-z_]{10,12}$/)

t.test('base 62 round-trips and refuses other characters', async (t) => {
  for (const { bytes_hex: hex, text } of vectors.base62) {
    t.equal(encodeBase62(Buffer.from(hex, 'hex'), text.length), text, `writes ${text}`)
    t.same(decodeBase62(text, hex.length / 2), Buffer.from(hex, 'hex'), `reads ${text}`)
  }
  for (const { name, text, byte_length: byteLength } of vectors.base62_refused) {
    t.equal(decodeBase62(text, byteLength), undefined, `refuses ${name}`)
  }
  t.equal(encodeBase62(new Uint8Array(), 0), '', 'no bytes are no characters')
  t.throws(() => encodeBase62(Buffer.from([62]), 1), RangeError, 'a number is never cut')
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (number) => {
      const text = encodeBase62(number, 2 * number.length)
      const read = decodeBase62(text, number.length)
      t.same(read && [...read], [...number], 'an odd number of bytes too')
      // One byte more, and not zero.
      const tooLarge = encodeBase62(new Uint8Array([1, ...number]), 2 * number.length + 2)
      t.equal(decodeBase62(tooLarge, number.length), undefined)
    }),
    { numRuns: 200 },
  )
  fc.assert(
    fc.property(bytes(16), bytes(16), (one, two) => {
      const [first, second] = [encodeBase62(one, 22), encodeBase62(two, 22)]
      t.same(Buffer.compare(one, two), first < second ? -1 : first > second ? 1 : 0)
    }),
    { numRuns: 200 },
  )
})

t.test('UUIDs have their version, variant and timestamp', async (t) => {
  // RFC 9562, appendix A.6.
  const random = Buffer.from('0cc318c4dc0c0c07398f', 'hex')
  t.equal(uuidV7(0x017f22e279b0, random), '017f22e2-79b0-7cc3-98c4-dc0c0c07398f', 'as in the RFC')
  t.equal(uuidV7(0, Buffer.alloc(10, 0xff)), '00000000-0000-7fff-bfff-ffffffffffff')
  t.equal(uuidV7(2 ** 48 - 1, Buffer.alloc(10)), 'ffffffff-ffff-7000-8000-000000000000')
  t.throws(() => uuidV7(2 ** 48, random), RangeError, 'a time beyond 48 bits')
  t.throws(() => uuidV7(-1, random), RangeError, 'a time before 1970')
  t.throws(() => uuidV7(0, random.subarray(1)), RangeError, 'nine random bytes')
  t.throws(() => uuidV7(0, Buffer.alloc(11)), RangeError, 'eleven random bytes')

  const uuid = '017f22e2-79b0-7cc3-98c4-dc0c0c07398f'
  t.equal(uuidFromBytes(uuidToBytes(uuid.toUpperCase())), uuid, 'lower case is what we write')
  t.ok(isUuid(uuid) && isUuid(uuid.toUpperCase()), 'either case is a UUID')
  const notUuids = ['', uuid.slice(1), `${uuid}0`, `{${uuid}}`, `urn:uuid:${uuid}`, `${uuid}\n`]
  for (const text of [...notUuids, uuid.replaceAll('-', ''), uuid.replace('0', 'g')]) {
    t.notOk(isUuid(text), JSON.stringify(text))
    t.throws(() => uuidToBytes(text), RangeError)
  }
})

t.test('an HMAC key computes what node:crypto computes, and is never printed', async (t) => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 64 }),
      fc.string({ unit: 'binary-ascii', maxLength: 1024 }),
      (key, text) =>
        new HmacKey(key).digest(text).equals(createHmac('sha256', key).update(text).digest()),
    ),
    propertyRuns,
  )
  const anyBit = fc.nat({ max: 8 * 8 - 1 })
  fc.assert(
    fc.property(
      bytes(32),
      fc.string({ unit: 'binary-ascii', maxLength: 100 }),
      anyBit,
      (k, s, bit) => {
        const start = createHmac('sha256', k).update(s).digest().subarray(0, 8)
        const changed = Uint8Array.from(start)
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        const key = new HmacKey(k)
        return key.signs(s, start) && !key.signs(s, changed)
      },
    ),
    propertyRuns,
  )
  const key = new HmacKey(Buffer.alloc(64, 1))
  t.same(key.digest('longer than the next'), key.digest('longer than the next'))
  t.same(
    key.digest('next'),
    new HmacKey(Buffer.alloc(64, 1)).digest('next'),
    'nothing is left over',
  )
  t.equal(JSON.stringify(key) + inspect(key), '{}HmacKey {}')
  t.throws(() => new HmacKey(Buffer.alloc(65)), RangeError)
  t.throws(() => key.digest('x'.repeat(1025)), RangeError)
})

t.test('a token parses into its parts and is formatted from them', async (t) => {
  const tagSubKey = Buffer.from(vectors.tag_sub_key_hex, 'hex')
  const hmacOf = (text: string) => createHmac('sha256', tagSubKey).update(text).digest()
  t.same(tagKey.tagSubKey.digest('abc'), hmacOf('abc'))
  t.equal(tagKey.jwtSubKey.export().toString('hex'), vectors.jwt_sub_key_hex)
  t.same(
    JSON.parse(JSON.stringify(tagKey)),
    { id: 'ours', tagSubKey: {}, jwtSubKey: {}, sessionSubKey: {}, signInSubKey: {} },
    'no key material',
  )
  for (const { prefix, key_id: keyId, secret_hex: secretHex, hint, tag, token } of vectors.tokens) {
    const made = formatToken({ prefix, keyId, secret: Buffer.from(secretHex, 'hex'), tagKey })
    t.same(parseToken(token), made)
    t.match(made, { text: token, prefix, hint, tag, signed: token.slice(0, -12) })
    t.equal(hintOf(prefix, keyId), hint)
    t.equal(parseHint(hint), keyId)
    t.equal(keyIdOf(made), keyId)
    t.equal(computeTag(made.signed, tagKey), tag)
    t.equal(findTagKey(made, keyring), tagKey, 'found wherever in the keyring its key is')
    t.equal(findTagKey(made, [otherKey]), undefined)
    t.equal(findTagKey(made, []), undefined)
  }
  fc.assert(
    fc.property(prefixes, bytes(16), bytes(32), (prefix, id, secret) => {
      const keyId = uuidFromBytes(id)
      const made = formatToken({ prefix, keyId, secret, tagKey })
      const parsed = parseToken(made.text)
      if (parsed === undefined) return false
      return (
        parsed.hint + parsed.secret === parsed.signed &&
        `${parsed.prefix}_${parsed.keyIdText}` === parsed.hint &&
        `${parsed.signed}_${parsed.tag}` === made.text &&
        keyIdOf(parsed) === keyId &&
        parsed.prefix === prefix &&
        Buffer.from(secret).equals(present(decodeBase62(parsed.secret, 32))) &&
        findTagKey(parsed, keyring) === tagKey
      )
    }),
    propertyRuns,
  )
})

t.test('a token cannot be formatted from invalid parts', async (t) => {
  const parts = { prefix: 'aeon', keyId: uuidV7(0, Buffer.alloc(10)), secret: Buffer.alloc(32) }
  t.ok(formatToken({ ...parts, tagKey }))
  for (const prefix of ['', 'Aeon', '1a', 'a_b', 'abcdefghijklmnopq', 'a-b', 'é']) {
    t.throws(() => formatToken({ ...parts, prefix, tagKey }), RangeError, `prefix "${prefix}"`)
  }
  t.throws(() => formatToken({ ...parts, keyId: 'x', tagKey }), RangeError)
  t.throws(() => formatToken({ ...parts, secret: Buffer.alloc(31), tagKey }), RangeError)
  t.throws(() => formatToken({ ...parts, secret: Buffer.alloc(33), tagKey }), RangeError)
  t.throws(() => keyIdOf({ hint: 'aeon_' } as Token), RangeError)
})

t.test('a hint is recognized only without anything around it', async (t) => {
  const hint = hintOf('aeon', '01890a5d-ac96-774b-bcce-b302099a8057')
  const beyond = `aeon_${'z'.repeat(22)}`
  for (const text of ['', 'aeon', `${hint}0`, hint.slice(1, -1), ` ${hint}`, `${hint}\n`, beyond]) {
    t.equal(parseHint(text), undefined, JSON.stringify(text))
  }
})

t.test('a text that is not a token is malformed', async (t) => {
  for (const { name, text } of vectors.malformed) {
    t.equal(parseToken(text), undefined, name)
    t.same(parsePresentedToken(text, keyring), { kind: 'denied', reason: 'malformed' }, name)
  }
  const token = present(vectors.tokens[0]).token
  const huge = [token + '0'.repeat(100_000), 'a'.repeat(100_000), `${'a'.repeat(100_000)}.b.c`]
  for (const text of [...huge, `a.b.${'c'.repeat(1021)}`]) {
    t.same(parsePresentedToken(text, keyring), { kind: 'denied', reason: 'malformed' }, 'too long')
  }
  t.same(parsePresentedToken(`a.b.${'c'.repeat(1020)}`, keyring).kind, 'denied', '1024 are not')
})

t.test('a forged token is well-formed but its tag matches no key of the keyring', async (t) => {
  for (const { name, text } of vectors.forged) {
    const token = parseToken(text)
    t.ok(token, name)
    t.equal(token && findTagKey(token, [tagKey]), undefined, name)
  }
})

t.test('token parsing never throws, and accepts only canonical tokens', async () => {
  fc.assert(
    fc.property(fc.oneof(anyText, anyUnits, tokenLike), (text) => {
      const token = parseToken(text)
      const read = parsePresentedToken(text, keyring)
      if (token === undefined) return read.kind === 'denied'
      const rewritten = formatToken({
        prefix: token.prefix,
        keyId: keyIdOf(token),
        secret: present(decodeBase62(token.secret, 32)),
        tagKey,
      })
      return rewritten.signed === token.signed && decodeBase62(token.tag, 8) !== undefined
    }),
    propertyRuns,
  )
})

t.test('a token changed in any one character is malformed or forged', async () => {
  const unit = fc.oneof(fc.constantFrom(...BASE64URL), fc.integer({ min: 0, max: 0xffff }))
  const change = fc.record({ at: fc.nat(200), unit, kind: fc.constantFrom('put', 'add', 'drop') })
  fc.assert(
    fc.property(tokens, change, ({ text }, { at, unit, kind }) => {
      const index = at % text.length
      const character = typeof unit === 'string' ? unit : String.fromCharCode(unit)
      const inserted = kind === 'drop' ? '' : character
      const changed = text.slice(0, index) + inserted + text.slice(index + (kind === 'add' ? 0 : 1))
      if (changed === text) return true
      const token = parseToken(changed)
      return token === undefined || findTagKey(token, keyring) === undefined
    }),
    propertyRuns,
  )
})

t.test('the JWT form of a token round-trips', async (t) => {
  for (const { token: text, issued_at: issuedAt, expires_at: expiresAt, jwt } of vectors.jwts) {
    const token = present(parseToken(text))
    const parts = { token, issuedAt: new Date(issuedAt), tagKey }
    const sealed = sealJwtForm({ ...parts, expiresAt: expiresAt ? new Date(expiresAt) : null })
    t.equal(sealed, jwt)
    t.ok(looksLikeJwt(jwt))
    t.equal(openJwtForm(jwt, keyring), text)
    t.equal(openJwtForm(jwt, [otherKey]), undefined)
    t.same(parsePresentedToken(jwt, keyring), { kind: 'token', token })
  }
  for (const { name, text } of vectors.jwts_refused) {
    t.same(parsePresentedToken(text, keyring), { kind: 'denied', reason: 'not_found' }, name)
  }
  for (const text of ['', 'a', 'a.b', 'a.b.c.d', '.b.c', 'a..c', 'a.b.c=', 'a.b.c\n', 'a.b.é']) {
    t.notOk(looksLikeJwt(text), JSON.stringify(text))
    t.equal(openJwtForm(text, keyring), undefined)
  }
})

t.test('a JWT form with any one bit changed is not found', async (t) => {
  const jwt = present(vectors.jwts[0]).jwt
  const accepted: string[] = []
  for (const [index, character] of [...jwt].entries()) {
    if (character === '.') continue
    for (const bit of [1, 2, 4, 8, 16, 32]) {
      const other = BASE64URL.charAt(BASE64URL.indexOf(character) ^ bit)
      const changed = jwt.slice(0, index) + other + jwt.slice(index + 1)
      const read = parsePresentedToken(changed, [tagKey])
      if (read.kind === 'token' || read.reason !== 'not_found') accepted.push(changed)
    }
  }
  t.same(accepted, [])
})

t.test('the token inside a JWT form is parsed as strictly as any token', async (t) => {
  const header = 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9'
  const nested = vectors.jwts[0]?.jwt
  for (const tok of ['', 'aeon_', nested]) {
    const payload = Buffer.from(JSON.stringify({ tok })).toString('base64url')
    const hmac = createHmac('sha256', tagKey.jwtSubKey).update(`${header}.${payload}`)
    const jwt = `${header}.${payload}.${hmac.digest('base64url')}`
    t.same(parsePresentedToken(jwt, keyring), { kind: 'denied', reason: 'malformed' })
  }
})

t.test('redaction replaces every token in a text by its hint', async (t) => {
  const token = present(vectors.tokens[0])
  const { jwt } = present(vectors.jwts[0])
  const { hint, token: text } = token
  const cases: readonly (readonly [string, string])[] = [
    ['', ''],
    ['nothing to hide in /v1/api-keys?limit=1', 'nothing to hide in /v1/api-keys?limit=1'],
    [text, `${hint}[redacted]`],
    [`Bearer ${text}, again "${text}"`, `Bearer ${hint}[redacted], again "${hint}[redacted]"`],
    [hint, hint],
    [`GET /v1/api-keys/${hint}/revoke`, `GET /v1/api-keys/${hint}/revoke`],
    [text.slice(0, hint.length + 7), text.slice(0, hint.length + 7)],
    [text.slice(0, hint.length + 8), `${hint}[redacted]`],
    ['user_2NNEqL2nrIRdJ194ndJqAHwEfxC', 'user_2NNEqL2nrIRdJ194ndJqAHwEfxC'],
    ['user_01E4ZCR3C56J083X43JQXF3JK5', 'user_01E4ZCR3C56J083X43JQXF3JK5'],
    [text.slice(0, hint.length + 20), `${hint}[redacted]`],
    [text.slice(0, -5), `${hint}[redacted]`],
    [`token=${text}&x=1`, `token=${hint}[redacted]&x=1`],
    [text + text, `${hint}[redacted]`],
    [`my_${text}`, `my_${hint}[redacted]`],
    [jwt, 'eyJ[redacted]'],
    [`token_${jwt}`, 'token_eyJ[redacted]'],
    [`Bearer%20${jwt}`, 'Bearer%20eyJ[redacted]'],
    [`{"jwt":"${jwt}"}`, '{"jwt":"eyJ[redacted]"}'],
    [jwt.slice(0, 60), 'eyJ[redacted]'],
    [jwt.slice(jwt.indexOf('.') + 1), 'eyJ[redacted]'],
    ['survey eyJ keyJob', 'survey eyJ keyJob'],
  ]
  for (const [before, after] of cases) t.equal(redactTokens(before), after, JSON.stringify(before))
})

t.test('redaction finds a token whatever text surrounds it', async () => {
  const surroundings = fc.oneof(anyUnits, fc.string({ unit: fc.constantFrom(...BASE64URL, '.') }))
  fc.assert(
    fc.property(surroundings, tokens, surroundings, fc.boolean(), (before, token, after, isJwt) => {
      const parts = { token, issuedAt: new Date(0), expiresAt: null, tagKey }
      const secretText = isJwt ? sealJwtForm(parts) : token.text
      const redacted = redactTokens(before + secretText + after)
      const hidden = isJwt ? secretText.slice(60) : token.secret
      fc.pre(!(before + token.hint + after).includes(hidden.slice(0, 22)))
      return !redacted.includes(hidden.slice(0, 22))
    }),
    propertyRuns,
  )
})

t.test('redaction takes CPU time proportional to the length of the text', async (t) => {
  const length = 1_000_000
  for (const unit of [
    'a',
    'a_',
    'eyJ',
    'ey',
    'eyJ.',
    `a_${'0'.repeat(22)}-`,
    'aaaaaaaaaaaaaaaa_',
  ]) {
    const text = unit.repeat(length / unit.length)
    const before = process.threadCpuUsage()
    redactTokens(text)
    const { user } = process.threadCpuUsage(before)
    t.ok(user < 2_000_000, `a megabyte of ${unit}`)
  }
})

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('absent')
  return value
}
