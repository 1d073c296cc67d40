import { connect } from 'node:net'
import t from 'tap'
import { startEdgeSite } from '../helpers/edge-sites.ts'

const { started, address, verifier } = await startEdgeSite(t, { EDGES_MAX: '1' })
const head = upgradeRequest(`Bearer ${verifier.token}`)
const key = `Sec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}`

t.test('a request for a stream that may not have one is answered, and closed', async (t) => {
  const answer = await untilClosed(`${upgradeRequest('Bearer forged')}\r\n\r\n`)
  t.match(answer, /^HTTP\/1.1 401 /)
})

t.test('an upgrade to anything else is ignored, and answered over HTTP/1.1', async (t) => {
  const offers = ['GET /livez HTTP/1.1\r\nUpgrade: h2c', 'GET /v1/edge HTTP/1.1\r\nUpgrade: h2c']
  for (const [offer, status] of [
    [offers[0], 200],
    [offers[1], 401],
  ] as const) {
    const request = `${offer}\r\nConnection: Upgrade\r\nHost: a\r\n\r\n`
    t.match(await answerTo(request), new RegExp(`^HTTP/1.1 ${status} `))
  }
  const pipelined = 'GET /livez HTTP/1.1\r\nHost: a\r\n\r\n'
  const upgrade = upgradeRequest(`Bearer ${verifier.token}`)
  t.match(await answerTo(`${upgrade}\r\n\r\n`), /^HTTP\/1.1 101 /)
  const both = await answerTo(`${pipelined}${upgrade}\r\n\r\n`, 2)
  t.match(both, /^HTTP\/1.1 200 .*HTTP\/1.1 400 /s, 'behind a request that is not answered')
})

const notUpgraded: Readonly<Record<string, string>> = {
  'in HTTP/1.0': `${head.replace('HTTP/1.1', 'HTTP/1.0')}\r\n\r\n`,
  'with a body of a length': `${head}\r\nContent-Length: 5\r\n\r\nhello`,
  'with a body in chunks': `${head}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
}
for (const [name, request] of Object.entries(notUpgraded)) {
  t.test(`an upgrade ${name} is ignored, and gets an HTTP answer`, async (t) => {
    const answer = await answerTo(request)
    t.match(answer, /^HTTP\/1.1 4\d\d /)
    t.match(answer, /^x-request-id: /im)
    t.equal(started.service.deps.edges?.open, 0)
  })
}

const refusedHandshakes: Readonly<Record<string, readonly [string, number]>> = {
  'version 8': [head.replace('Version: 13', 'Version: 8'), 426],
  'version 12': [head.replace('Version: 13', 'Version: 12'), 426],
  'version 013': [head.replace('Version: 13', 'Version: 013'), 426],
  'two versions': [`${head}\r\nSec-WebSocket-Version: 13`, 426],
  'no version': [head.replace('\r\nSec-WebSocket-Version: 13', ''), 426],
  'no key': [head.replace(`\r\n${key}`, ''), 400],
  'two keys': [`${head}\r\n${key}`, 400],
  'a key of too few bytes': [head.replace(key, 'Sec-WebSocket-Key: AAAA'), 400],
  'a subprotocol twice': [
    `${head}\r\nSec-WebSocket-Protocol: aeon-keys.edge.v1, aeon-keys.edge.v1`,
    400,
  ],
  'a subprotocol without a name': [
    `${head}\r\nSec-WebSocket-Protocol: aeon-keys.edge.v1, , x`,
    400,
  ],
  'a subprotocol that is no token': [
    `${head}\r\nSec-WebSocket-Protocol: aeon-keys.edge.v1, "x"`,
    400,
  ],
}
for (const [name, [request, status]] of Object.entries(refusedHandshakes)) {
  t.test(`a handshake with ${name} is refused with a problem, and closed`, async (t) => {
    const answer = await untilClosed(`${request}\r\n\r\n`)
    const [headers = '', body = ''] = answer.split('\r\n\r\n')
    t.match(headers, new RegExp(`^HTTP/1.1 ${status} `))
    t.match(headers, /^content-type: application\/problem\+json/im)
    t.match(headers, /^x-request-id: /im)
    t.match(JSON.parse(body), { status, detail: /Sec-WebSocket-/ })
    t.equal(/^sec-websocket-version: 13$/im.test(headers), status === 426)
    t.equal(/^upgrade: websocket$/im.test(headers), status === 426)
  })
}

t.test('refused handshakes are counted by status', async (t) => {
  await untilClosed(`${head.replace('Version: 13', 'Version: 12')}\r\n\r\n`)
  const text = await (await fetch(`${address}/metrics`)).text()
  t.match(text, /http_request_duration_seconds_count\{[^}]*\/v1\/edge[^}]*426/)
})

/** The head of a request for a stream, without its last line. */
function upgradeRequest(authorization: string): string {
  return [
    'GET /v1/edge HTTP/1.1',
    'Host: a',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}`,
    `Authorization: ${authorization}`,
  ].join('\r\n')
}

/** All that comes on a connection after a request, once the service has closed it. */
async function untilClosed(request: string): Promise<string> {
  const socket = connect(Number(new URL(address).port), '127.0.0.1')
  let text = ''
  socket.setEncoding('latin1').on('data', (more) => {
    text += more
  })
  socket.write(request)
  await new Promise((resolve) => socket.on('end', resolve))
  socket.destroy()
  return text
}

/** What comes on a new connection after a request, until it holds so many answers. */
async function answerTo(request: string, answers = 1): Promise<string> {
  const socket = connect(Number(new URL(address).port), '127.0.0.1')
  let text = ''
  const { promise, resolve } = Promise.withResolvers<void>()
  socket.setEncoding('latin1').on('data', (more) => {
    text += more
    if (text.split('HTTP/1.1 ').length > answers) resolve()
  })
  socket.write(request)
  await promise
  socket.destroy()
  return text
}
