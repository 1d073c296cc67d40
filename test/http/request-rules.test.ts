/** What RFC 9110 and 9112 require of requests, tried by bytes that no HTTP client sends. */
import { test } from 'tap'
import { startCheckedService } from '../helpers/checked-service.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { exchange, sendBytes } from '../helpers/raw-socket.ts'

test('requests are framed, named and encoded as HTTP requires', async (t) => {
  const { root, rootToken, service, canaries } = await startCheckedService(t)
  const url = await service.app.listen({ host: '127.0.0.1', port: 0 })
  const account = await newAccount(root)
  const { id, token } = await newKey(root, account)
  const bearer = `Authorization: Bearer ${rootToken}`
  const key = `/v1/accounts/${account}/api-keys/${id}`

  /** Sends a request whose connection the answer closes. */
  const send = async (start: string, headers: readonly string[], body = '') => {
    const lines = [start, ...headers, 'Connection: close', '', body]
    const answer = await sendBytes(url, lines.join('\r\n'))
    canaries.addText(answer.text)
    const problem = answer.headers['content-type']?.startsWith('application/problem+json')
    return { ...answer, body: problem === true ? JSON.parse(answer.text) : undefined }
  }

  await t.test('an empty body is absent, whatever its Content-Type and framing', async (t) => {
    const types = [
      ...['application/json', 'application/x-www-form-urlencoded', 'text/plain', 'nonsense', ''],
      'multipart/form-data; boundary=x',
    ]
    const framings = [
      { headers: ['Content-Length: 0'], body: '' },
      { headers: ['Content-Length: 00'], body: '' },
      { headers: ['Transfer-Encoding: chunked'], body: '0\r\n\r\n' },
      { headers: ['Transfer-Encoding: Chunked', 'Content-Encoding: gzip'], body: '0\r\n\r\n' },
      { headers: [], body: '' },
    ]
    for (const { headers, body } of framings) {
      for (const type of [undefined, ...types]) {
        const sent = [...headers, ...(type === undefined ? [] : [`Content-Type: ${type}`])]
        const told = JSON.stringify(sent)
        const start = `POST ${key}/disable HTTP/1.1`
        const accepted = await send(start, ['Host: a', bearer, ...sent], body)
        t.equal(accepted.status, 200, told)
        const missing = await send('POST /v1/verify HTTP/1.1', ['Host: a', bearer, ...sent], body)
        t.same([missing.status, missing.body.errors[0].message], [400, 'The body is missing.'])
      }
    }
  })

  await t.test('a body that is not JSON is refused before it is read', async (t) => {
    const chunk = '1\r\na\r\n'
    for (const type of ['text/plain', 'nonsense', '']) {
      const chunked = ['Host: a', bearer, `Content-Type: ${type}`, 'Transfer-Encoding: chunked']
      const answer = await send(`POST ${key}/disable HTTP/1.1`, chunked, chunk)
      t.same([answer.status, answer.body.code], [415, 'unsupported_media_type'], type)
    }
    const untyped = ['Host: a', bearer, 'Content-Length: 2']
    const answer = await send(`POST ${key}/disable HTTP/1.1`, untyped, '{}')
    t.match(answer.body.detail, 'The Content-Type is missing.')
  })

  await t.test('a Content-Encoding is 415, unless it changes nothing', async (t) => {
    const body = JSON.stringify({ token })
    const length = `Content-Length: ${body.length}`
    const json = ['Host: a', bearer, 'Content-Type: application/json', length]
    for (const coding of ['gzip', 'br', 'identity, gzip', 'x']) {
      const sent = [...json, `Content-Encoding: ${coding}`]
      const answer = await send('POST /v1/verify HTTP/1.1', sent, body)
      t.same([answer.status, answer.body.code], [415, 'unsupported_media_type'], coding)
      t.equal(answer.headers['accept-encoding'], 'identity', 'RFC 9110, section 15.5.16')
    }
    for (const coding of ['identity', 'Identity', '', ', identity,,']) {
      const sent = [...json, `Content-Encoding: ${coding}`]
      t.equal((await send('POST /v1/verify HTTP/1.1', sent, body)).status, 200, coding)
    }
    const form = `token=${token}`
    const introspection = [
      ...['Host: a', bearer, 'Content-Type: application/x-www-form-urlencoded'],
      ...[`Content-Length: ${form.length}`, 'Content-Encoding: gzip'],
    ]
    const answer = await send('POST /oauth2/introspect HTTP/1.1', introspection, form)
    t.same([answer.status, JSON.parse(answer.text).error], [415, 'invalid_request'])
    t.equal(answer.headers['accept-encoding'], 'identity')
    const text = [
      'Host: a',
      bearer,
      'Content-Type: text/plain',
      length,
      'Content-Encoding: identity',
    ]
    const plain = await send('POST /v1/verify HTTP/1.1', text, body)
    t.same([plain.status, plain.headers['accept-encoding']], [415, undefined], 'the media type')
    const aeon = [...json, 'Content-Encoding: gzip']
    const path = `/api/public/v1/accounts/${account}/api-keys`
    t.equal((await send(`POST ${path} HTTP/1.1`, aeon, body)).status, 415)
  })

  await t.test('a transfer coding other than chunked is 501', async (t) => {
    for (const coding of ['gzip, chunked', 'identity, chunked', 'x;a=b,chunked']) {
      for (const start of ['POST /v1/verify HTTP/1.1', 'GET /v1/me HTTP/1.1']) {
        const sent = ['Host: a', bearer, `Transfer-Encoding: ${coding}`]
        const answer = await send(start, sent, '0\r\n\r\n')
        t.same([answer.status, answer.body.code], [501, 'not_implemented'], `${start} ${coding}`)
        t.equal(answer.headers.connection, 'close')
      }
    }
    const last = ['Host: a', bearer, 'Transfer-Encoding: gzip']
    const unframed = await send('POST /v1/verify HTTP/1.1', last, 'a')
    t.equal(unframed.status, 400, 'RFC 9112, section 6.3: chunked must be the last one')
    const empty = ['Host: a', bearer, 'Transfer-Encoding: , chunked']
    t.not((await send(`POST ${key}/disable HTTP/1.1`, empty, '0\r\n\r\n')).status, 501)
  })

  await t.test('only a request whose body is read gets 100 Continue', async (t) => {
    const json = ['Content-Type: application/json']
    const long = 'Content-Length: 300000'
    const refused: readonly (readonly [number, string, ...string[]])[] = [
      [401, 'POST /v1/verify', ...json],
      [404, 'POST /nowhere', bearer, ...json],
      [404, `POST /v1/accounts/${id}/api-keys`, bearer, ...json],
      [405, 'POST /v1/me', bearer, ...json],
      [415, 'POST /v1/verify', bearer, 'Content-Type: text/plain'],
      [413, 'POST /v1/verify', bearer, ...json, long],
      [417, 'POST /v1/verify', bearer, ...json, 'Expect: cake'],
      [200, 'GET /livez'],
    ]
    for (const [status, start, ...sent] of refused) {
      const length = sent.includes(long) ? [] : ['Content-Length: 2']
      const head = [`${start} HTTP/1.1`, 'Host: a', 'Expect: 100-continue', ...length, ...sent]
      const text = await exchange(url, `${head.join('\r\n')}\r\n\r\n`)
      t.match(text, new RegExp(`^HTTP/1.1 ${status} .*connection: close`, 'is'), head.join())
      t.equal(text.split('HTTP/1.1 ').length, 2, 'one answer, without a 100')
    }
    const body = JSON.stringify({ token })
    const framings = [
      [`Content-Length: ${body.length}`, body],
      ['Transfer-Encoding: chunked', `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`],
    ] as const
    const expectations = ['100-continue', '100-Continue', ',100-continue', ' , 100-continue ,']
    for (const [framing, sent] of framings) {
      for (const expectation of [...expectations, '100-continue, 100-continue']) {
        const head = ['POST /v1/verify HTTP/1.1', 'Host: a', bearer, ...json, framing]
        const ending = [`Expect: ${expectation}`, 'Connection: close', '', sent]
        const text = await exchange(url, [...head, ...ending].join('\r\n'))
        t.match(text, /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 /, `${framing} ${expectation}`)
      }
    }
    const empty = [`Content-Length: ${body.length}`, ...json, bearer, 'Host: a', 'Expect: ']
    t.equal((await send('POST /v1/verify HTTP/1.1', empty, body)).status, 200, 'an empty Expect')
  })

  await t.test('an expectation of a request without a body changes nothing', async (t) => {
    const get = (close: string) =>
      `GET /livez HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n${close}\r\n`
    const text = await exchange(url, get('') + get('Content-Length: 0\r\nConnection: close\r\n'))
    const statuses = Array.from(text.matchAll(/HTTP\/1.1 (\d+)/g), ([, status]) => status)
    t.same(statuses, ['200', '200'])
  })

  await t.test('a request has exactly one valid Host, except in HTTP/1.0', async (t) => {
    const hosts: readonly (readonly string[])[] = [
      [],
      ['a', 'a'],
      ['a', 'b'],
      [''],
      ['a b'],
      ['a, b'],
      ['a/b'],
      ['user@a'],
      ['a:x'],
      ['[::1'],
      ['a%zz'],
      ['<script>'],
      ['http://a'],
    ]
    for (const given of hosts) {
      const lines = given.map((host, index) => `${index === 0 ? 'Host' : 'host'}: ${host}`)
      const answer = await send('GET /livez HTTP/1.1', lines)
      const fault = answer.body?.errors?.[0]
      t.same(
        [answer.status, answer.body?.code, fault?.in, fault?.field],
        [400, 'invalid_request', 'header', '/host'],
        JSON.stringify(given),
      )
    }
    for (const host of ['a', 'a:', 'a.example:8080', '127.0.0.1:80', '[::1]:80', 'a_b', '%61']) {
      t.equal((await send('GET /livez HTTP/1.1', [`Host: ${host}`])).status, 200, host)
    }
    t.equal((await send('GET /livez HTTP/1.0', [])).status, 200, 'HTTP/1.0 without a Host')
    t.equal((await send('GET /livez HTTP/1.0', ['Host: a', 'Host: a'])).status, 400)
  })

  await t.test('a header of one value is refused if it is sent twice', async (t) => {
    const body = JSON.stringify({ name: 'for a user', role: 'viewer', expires_at: null })
    const base = ['Host: a', bearer, 'Content-Type: application/json']
    const sent = [...base, `Content-Length: ${body.length}`, 'X-Acting-User: u1']
    const rows = [
      ['/x-acting-user', 'pattern', 'X-Acting-User: u2'],
      ['/x-acting-user-name', 'percent_encoding', 'X-Acting-User-Name: A', 'x-acting-user-name: B'],
      ['/idempotency-key', 'repeated', 'Idempotency-Key: a', 'idempotency-key: b'],
      ['/idempotency-key', 'repeated', 'Idempotency-Key: a', 'Idempotency-Key: a'],
    ] as const
    for (const [field, rule, ...lines] of rows) {
      const start = `POST /v1/accounts/${account}/api-keys HTTP/1.1`
      const answer = await send(start, [...sent, ...lines], body)
      t.equal(answer.status, 400, lines.join())
      t.match(answer.body.errors, [{ in: 'header', field, rule, message: /must be sent once/ }])
    }
  })

  await t.test('what is not HTTP is told what to send instead', async (t) => {
    const said = async (bytes: string) => {
      const { status, text, headers } = await sendBytes(url, bytes)
      t.equal(headers['x-content-type-options'], 'nosniff')
      const { code, detail } = JSON.parse(text)
      return [status, code, detail.replace('The request is not valid HTTP', '')]
    }
    const invalid = (detail: string) => [400, 'invalid_request', `.${detail}`]
    const target = ' The first line must be a method, a path without spaces, and HTTP/1.1.'
    const version = ' The first line must end with HTTP/1.1 or HTTP/1.0, and a CRLF.'
    const header =
      ' A header must be a name, a colon and a value, without line breaks or other control characters.'
    const length = ' Send either one Content-Length, in digits, or Transfer-Encoding: chunked.'
    const ascii = ' Percent-encode what is not ASCII in the path and the query.'
    const form = ' The path after the method must begin with / or with http:// and a host.'
    const tooLarge = [
      431,
      'headers_too_large',
      'The URL and the headers of the request are too large: together they may have 16384 bytes.',
    ]
    const method = [
      501,
      'not_implemented',
      'The service does not implement the method. Methods are written in capital letters.',
    ]
    const otherVersion = [
      505,
      'http_version_not_supported',
      'The service speaks HTTP/1.1 and HTTP/1.0. Send HTTP/1.1.',
    ]
    const rows: readonly (readonly [bytes: string, said: unknown])[] = [
      ['get /v1/me HTTP/1.1', method],
      ['COPY2 /v1/me HTTP/1.1', method],
      ['CONNECT example.com:443 HTTP/1.1', method],
      ['\r\nBREW /v1/me HTTP/1.1', method],
      ['\x16\x03\x01\x02\x00\x01\x00', invalid('')],
      ['{"token": "x"}', invalid('')],
      ['PRI * HTTP/2.0\r\n\r\nSM', otherVersion],
      ['GET /v1/me HTTP/2.0', otherVersion],
      ['GET /livez HTTP/2.0\r\nHost: a', otherVersion],
      ['GET /livez HTTP/0.9\r\nHost: a', otherVersion],
      ['GET /livez HTTP/3.0\r\nHost: a', otherVersion],
      [`GET /livez?${'x'.repeat(2_000)} HTTP/3.0`, otherVersion],
      ['GET /v1/m e HTTP/1.1', invalid(target)],
      ['GET /v1/me?name=a b HTTP/1.1', invalid(target)],
      ['GET /v1/me HTTPS/1.1', invalid(target)],
      ['GET /v1/caf\u00e9 HTTP/1.1', invalid(ascii)],
      ['GET http://caf\u00e9/v1/me HTTP/1.1', invalid(ascii)],
      ['GET /v1/m\te HTTP/1.1', invalid(ascii)],
      ['GET v1/me HTTP/1.1', invalid(form)],
      ['GET  HTTP/1.1', invalid(form)],
      ['GET http:/v1/me HTTP/1.1', invalid(form)],
      [`GET /v1/me?x=${'x'.repeat(20_000)} HTTP/1.1`, tooLarge],
      [`GET /v1/me HTTP/1.1\r\nX: ${'x'.repeat(20_000)}`, tooLarge],
      ['GET /v1/me HTTP/1.2', invalid(version)],
      ['GET /v1/me HTTP/3', invalid(version)],
      ['GET /v1/me HTTP/1.1\nHost: a', invalid(version)],
      ['GET /v1/me HTTP/1.1\r\nHost a', invalid(header)],
      ['GET /v1/me HTTP/1.1\r\nHost : a', invalid(header)],
      ['GET /v1/me HTTP/1.1\r\nX Y: a', invalid(header)],
      ['GET /v1/me HTTP/1.1\r\nX: a\u0001', invalid(header)],
      ['GET /v1/me HTTP/1.1\r\nX: a\r\n b', invalid(header)],
      ['POST /v1/verify HTTP/1.1\r\nContent-Length: two', invalid(length)],
      ['POST /v1/verify HTTP/1.1\r\nContent-Length: -1', invalid(length)],
      ['POST /v1/verify HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1', invalid(length)],
      [
        'POST /v1/verify HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked',
        invalid(length),
      ],
    ]
    for (const [start, expected] of rows) {
      t.same(await said(`${start}\r\n\r\n`), expected, JSON.stringify(start))
    }
    t.equal((await root.get('/v1/me')).status, 200, 'the process goes on')
  })

  await t.test(
    'CONNECT behind a request gets no answer that the client takes for another',
    async (t) => {
      const connect = 'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n'
      const answer = await sendBytes(url, `GET /v1/me HTTP/1.1\r\nHost: a\r\n\r\n${connect}`)
      t.not(answer.status, 501)
    },
  )

  await t.test('a challenge has an error only if a bearer token was sent', async (t) => {
    const challenge = async (authorization: string, path = '/v1/me') => {
      const sent = ['Host: a', `Authorization: ${authorization}`]
      const answer = await send(`GET ${path} HTTP/1.1`, sent)
      t.equal(answer.status, 401, authorization)
      return answer.headers['www-authenticate']
    }
    const realm = 'Bearer realm="aeon-keys"'
    const others = ['', 'Basic YTpi', 'Negotiate abc', 'Digest x', 'Bearer', 'bearer ', 'token']
    for (const value of others) {
      t.equal(await challenge(value), realm, JSON.stringify(value))
      t.equal(await challenge(value, '/api/public/v1/accounts'), realm, JSON.stringify(value))
    }
    for (const value of ['Bearer x', 'bearer x', 'Bearer a b', `Bearer  ${'x'.repeat(500)}`]) {
      t.equal(await challenge(value), `${realm}, error="invalid_token"`, value)
    }
  })
})
