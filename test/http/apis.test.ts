/** Every API refuses the same bad input in its own error format and logs none of it. */
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { type Test, test } from 'tap'
import type { Answer, Json } from '../helpers/api.ts'
import { startCheckedService } from '../helpers/checked-service.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { sendRaw } from '../helpers/raw-request.ts'

const isProblem = ({ status, headers, body }: Answer) =>
  headers['content-type'] === 'application/problem+json; charset=utf-8' && body.status === status
const isOAuthError = ({ headers, body }: Answer) =>
  headers['content-type'] === 'application/json; charset=utf-8' &&
  Object.keys(body).join() === 'error,error_description'
/** A denial for the client of a proxy: RFC 6750, in headers only. */
const isBareDenial = ({ text, headers }: Answer) =>
  text === '' && String(headers['www-authenticate']).startsWith('Bearer realm="aeon-keys"')

interface Api {
  readonly method: string
  readonly path: string
  readonly type: string
  /** The header in which callers present their token. */
  readonly proof: string
  /** The request that asks for the verdict on a token. */
  ask(token: string): string
  readonly isError: (answer: Answer) => boolean
  /** Whether an answer says that the token is valid. */
  accepts(answer: Answer): boolean
}

const apis: Readonly<Record<string, Api>> = {
  native: {
    method: 'POST',
    path: '/v1/verify',
    type: 'application/json',
    proof: 'Authorization',
    ask: (token) => JSON.stringify({ token }),
    isError: isProblem,
    accepts: ({ body }) => body?.valid === true,
  },
  introspection: {
    method: 'POST',
    path: '/oauth2/introspect',
    type: 'application/x-www-form-urlencoded',
    proof: 'Authorization',
    ask: (token) => `token=${token}`,
    isError: isOAuthError,
    accepts: ({ body }) => body?.active === true,
  },
  'forward-auth': {
    method: 'GET',
    path: '/v1/forward-auth',
    type: '',
    proof: 'X-Verifier-Authorization',
    ask: () => '',
    isError: (answer) => isProblem(answer) || isBareDenial(answer),
    accepts: ({ status }) => status === 200,
  },
}

test('every API refuses bad input in its own error format and logs none of it', async (t) => {
  const { root, service, canaries, logLines, check } = await startCheckedService(t, {
    settings: { TRUSTED_PROXIES: '127.0.0.2', LOG_LEVEL: 'trace' },
  })
  const url = await service.app.listen({ host: '127.0.0.1', port: 0 })
  const platform: string = (await root.get('/v1/me')).body.api_key.account_id
  const verifier = (await newKey(root, platform, { role: 'verifier' })).token
  const { token } = await newKey(root, await newAccount(root))
  const marks: string[] = []
  const mark = () => {
    marks.push(`mark${marks.length}x${Math.random().toString(36).slice(2)}`)
    return marks.at(-1) ?? ''
  }

  for (const [name, api] of Object.entries(apis)) {
    const send = async (changes: {
      readonly query?: string
      readonly headers?: readonly string[]
      readonly proof?: string
      readonly body?: string
    }) => {
      const { query = '', headers = [], proof = `Bearer ${verifier}` } = changes
      const body = changes.body ?? api.ask(token)
      const presented = api.proof === 'Authorization' ? [] : ['Authorization', `Bearer ${token}`]
      const answer = await sendRaw(url + api.path + query, {
        method: api.method,
        from: '127.0.0.2',
        headers: [
          ...(api.type === '' ? [] : ['Content-Type', api.type]),
          ...(body === '' ? [] : ['Content-Length', String(Buffer.byteLength(body))]),
          ...['X-Forwarded-For', '203.0.113.7', api.proof, proof],
          ...presented,
          ...headers,
        ],
        ...(body !== '' && { body }),
      })
      check(api.method, api.path, answer)
      canaries.addText(answer.text + JSON.stringify(answer.headers))
      return answer
    }
    const refuses = async (t: Test, told: string, changes: Parameters<typeof send>[0]) => {
      const answer = await send(changes)
      t.ok(answer.status >= 400 && answer.status < 500, `${told}: ${answer.status}`)
      t.ok(api.isError(answer), `${told}: ${answer.text}`)
    }

    await t.test(`${name} refuses bad input in its own error format`, async (t) => {
      t.ok(api.accepts(await send({})), 'what is good is accepted')

      for (const parameter of ['token', 'access_token', 'client_ip', mark()]) {
        for (const value of [token, verifier, mark()]) {
          await refuses(t, `${parameter} in the URL`, { query: `?${parameter}=${value}` })
        }
      }
      await refuses(t, 'a bare token in the URL', { query: `?${token}` })
      const inPath = await sendRaw(`${url}${api.path}/${token}`, { method: api.method })
      t.ok(inPath.status === 404 && api.isError(inPath), 'a token in the path is no route')
      canaries.addText(inPath.text)

      const long = `${mark()}${'x'.repeat(8_000)}`
      const beyondAscii = `${mark()}\u00e9\u00ff\u0080`
      for (const value of [long, beyondAscii]) {
        await refuses(t, 'a proof that is none', { proof: `Bearer ${value}` })
        await refuses(t, 'a scheme that is none', { proof: value })
        const ignored = [
          ...['X-Request-Id', value, 'X-Real-Ip', value, 'User-Agent', value, 'Cookie', value],
        ]
        const few = value === long ? ignored.slice(0, 2) : ignored
        t.ok(api.accepts(await send({ headers: few })), 'headers that say nothing to us')
        const forwarded = await send({ headers: ['Forwarded', value] })
        t.ok(api.accepts(forwarded), 'an address that nobody asks for')
      }
      await refuses(t, 'two proofs', { headers: [api.proof, `Bearer ${verifier}`] })
      if (api.type !== '') {
        for (const type of ['text/plain', 'application/xml', mark()]) {
          const answer = await sendRaw(url + api.path, {
            method: 'POST',
            headers: [
              ...['Content-Type', type, 'Authorization', `Bearer ${verifier}`],
              ...['Content-Length', String(api.ask(token).length)],
            ],
            body: api.ask(token),
          })
          check('POST', api.path, answer)
          t.ok([400, 415].includes(answer.status) && api.isError(answer), `as ${type}`)
        }
        for (const other of Object.values(apis)) {
          if (other.type === api.type || other.type === '') continue
          await refuses(t, 'a body of another API', { body: other.ask(token) })
        }
        await refuses(t, 'a body of bytes', { body: `\u0000\u0001${mark()}\u00ff` })
      }
    })
  }

  await t.test('headers beyond 16 kB are refused before any API handles them', async (t) => {
    for (const { method, path } of Object.values(apis)) {
      const long = `${mark()}${'x'.repeat(20_000)}`
      const { status, type, body } = await raw(
        url,
        `${method} ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${long}\r\n\r\n`,
      )
      t.same([status, type], [431, 'application/problem+json; charset=utf-8'])
      t.equal(body.code, 'headers_too_large')
    }
  })

  t.ok(logLines.length > 50)
  const log = logLines.join('')
  t.same(
    marks.filter((one) => log.includes(one)),
    [],
  )
  t.notMatch(log, /\?/, 'no query is logged')
})

/** Sends bytes that no HTTP client sends, and reads the answer until the socket closes. */
async function raw(
  url: string,
  bytes: string,
): Promise<{ readonly status: number; readonly type: string; readonly body: Json }> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.write(bytes, 'latin1')
  const answer = await text(socket)
  const [head = '', body = ''] = answer.split('\r\n\r\n')
  return {
    status: Number(head.split(' ')[1]),
    type: /^content-type: (.*)$/im.exec(head)?.[1] ?? '',
    body: JSON.parse(body),
  }
}
