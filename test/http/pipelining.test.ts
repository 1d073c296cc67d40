import { once } from 'node:events'
import { createServer, get } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { type Test, test } from 'tap'
import { maxChunks } from '../../src/http/limit-chunks.ts'
import { Pacing } from '../../src/http/pacing/pacing.ts'
import { type Handle, maxPipelined, RequestTurns } from '../../src/http/pipelining.ts'
import { startTestService } from '../helpers/service.ts'
import { maxTurnMs, watchTurns } from '../helpers/turns.ts'

test('each pipelined request gets a turn of its own, between which others are served', async (t) => {
  let turn = 0
  let isOver = false
  const count = () => {
    turn += 1
    if (!isOver) setImmediate(count)
  }
  count()
  const served: string[] = []
  const turns: number[] = []
  const port = await listen(t, (request, response) => {
    served.push(request.url ?? '')
    if (request.url?.startsWith('/own')) turns.push(turn)
    // The other connection asks while the first one is being served.
    if (request.url === '/own/1') get({ port, path: '/other', agent: false }).on('error', t.fail)
    response.end(request.url)
  })
  const urls = Array.from({ length: maxPipelined }, (_, index) => `/own/${index}`)
  const text = await exchange(port, urls.map((url) => requestTo(url)).join('') + lastRequest)
  isOver = true
  t.equal(new Set(turns).size, turns.length, 'no two requests in one turn')
  t.same(text.match(/\/own\/\d+/g), urls, 'answers come in the order of the requests')
  t.ok(served.indexOf('/other') < served.indexOf(`/own/${maxPipelined - 1}`), served.join(' '))
})

test('a request waits until the answer before it is complete', async (t) => {
  let inProgress = 0
  let most = 0
  const port = await listen(t, (request, response) => {
    inProgress += 1
    most = Math.max(most, inProgress)
    setImmediate(() => {
      inProgress -= 1
      response.end(request.url)
    })
  })
  const text = await exchange(port, requestTo('/1') + requestTo('/2') + lastRequest)
  t.equal(most, 1)
  t.match(text, /\/1.*\/2.*\/last/s)
})

test('thousands of requests in one write hold up nobody, and end their connection with 503', async (t) => {
  const { app, port } = await listenToAll(t)
  let handedOver = 0
  app.server.on('request', () => {
    handedOver += 1
  })
  const maxMs = await maxTurnMs()
  for (const [url, header] of [
    ['/openapi.json', 'Host: a'],
    ['/docs/json', 'Host: a'],
    ['/metrics', 'Host: a'],
    ['/v1/me', 'Host: a'],
    ['/nowhere', 'Host: a'],
    ['/livez', 'Host: a\r\nExpect: 100-continue'],
  ] as const) {
    const told = `${url}, ${header}`
    await exchange(port, requestTo(url) + lastRequest)
    const request = `GET ${url} HTTP/1.1\r\n${header}\r\n\r\n`
    const pipelined = request.repeat(readBytes / request.length)
    const before = process.memoryUsage().heapTotal
    handedOver = 0
    const { ms, tries, text } = await quickest(port, pipelined, maxMs)
    t.ok(ms <= maxMs, `${told}: the longest turn took ${ms} ms of CPU`)
    t.ok(handedOver <= tries * (maxPipelined + 2), `${told}: ${handedOver} requests are made`)
    const finals = text.replaceAll('HTTP/1.1 100', '').split('HTTP/1.1 ')
    t.match(finals[2], /^503 .*connection: close.*"code":"overloaded"/is, `${told}: is refused`)
    t.equal(finals.length, 3, 'and no further one is answered')
    t.ok(process.memoryUsage().heapTotal - before < 100e6, 'memory is bounded')
    t.equal((await app.inject('/livez')).statusCode, 200)
  }
})

test('a refused connection makes no stack traces of its requests, and later errors have them', async (t) => {
  const port = await listen(t, (request, response) => response.end(request.url))
  const { prepareStackTrace, stackTraceLimit } = Error
  let frames = 0
  t.teardown(() => Object.assign(Error, { prepareStackTrace }))
  Error.prepareStackTrace = (error, trace) => {
    if (error.message === 'aborted') frames += trace.length
    return `${error}\n${trace.join('\n')}`
  }
  await exchange(port, requestTo('/').repeat(maxPipelined + 10))
  Error.prepareStackTrace = prepareStackTrace
  t.equal(frames, 0)
  t.equal(Error.stackTraceLimit, stackTraceLimit)
  t.match(new Error('later').stack, /pipelining\.test/)
})

test('of pipelined requests that break a rule of HTTP only the first is answered', async (t) => {
  const { port } = await listenToAll(t)
  for (const [header, status] of [
    ['a:b', 400],
    ['Host: a\r\nExpect: cake', 417],
  ] as const) {
    const text = await exchange(port, `GET / HTTP/1.1\r\n${header}\r\n\r\n`.repeat(1_000))
    t.match(text, new RegExp(`^HTTP/1.1 ${status} .*connection: close`, 'is'), header)
    t.equal(text.split('HTTP/1.1 ').length, 2, `${header}: one answer`)
  }
})

test('bodies in thousands of tiny chunks hold up nobody, and end their connection', async (t) => {
  const { app, port, rootToken } = await listenToAll(t)
  const maxMs = await maxTurnMs()
  const chunked = (method: string, url: string) =>
    `${method} ${url} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${rootToken}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`
  const read = chunked('POST', '/v1/verify')
  const oneByte = '1\r\n \r\n'
  const many = `${chunked('POST', '/livez')}${oneByte.repeat(1_500)}0\r\n\r\n`
  const rows: readonly [told: string, head: string, part: string, answers: number[]][] = [
    ['a body that is read', read, oneByte, [400]],
    ['chunks with an extension', read, '1;a\r\n \r\n', [400]],
    ['a body without a route', chunked('POST', '/nowhere'), oneByte, [404]],
    ['a body without a method', chunked('POST', '/livez'), oneByte, [405]],
    ['a body of a GET', chunked('GET', '/livez'), oneByte, [200]],
    ['a body that waits for another', requestTo('/livez') + read, oneByte, [200, 400]],
    ['bodies of several requests', '', many, [405, 400]],
  ]
  for (const [told, head, part, answers] of rows) {
    const bytes = head + part.repeat(Math.ceil((8 * readBytes) / part.length))
    const { ms, text } = await quickest(port, bytes, maxMs)
    t.ok(ms <= maxMs, `${told}: the longest turn took ${ms} ms of CPU`)
    const answered = Array.from(text.matchAll(/HTTP\/1.1 (\d+)/g), ([, status]) => Number(status))
    t.same(answered, answers, told)
    if (answers.includes(400)) t.match(text, `The body has more than ${maxChunks} chunks`, told)
    const body = 'f\r\n{"token":"aaa"}\r\n0\r\n\r\n'
    const next = `${chunked('POST', '/v1/verify')}${body}${lastRequest}`
    t.match(await exchange(port, next), /^HTTP\/1.1 200 /, 'the next connection has its body read')
  }
  t.equal((await app.inject('/livez')).statusCode, 200)
})

test('a body of 256 KiB may come in chunks of 128 bytes', async (t) => {
  const port = await listen(t, async (request, response) => {
    let bytes = 0
    for await (const chunk of request) bytes += chunk.length
    response.end(`${bytes} bytes`)
  })
  const chunk = `80\r\n${'a'.repeat(128)}\r\n`
  const head =
    'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n'
  t.match(await exchange(port, `${head}${chunk.repeat(2_040)}0\r\n\r\n`), '261120 bytes')
})

/** As much as Node.js reads from a connection at once. */
const readBytes = 64 * 1024

async function listenToAll(t: Test) {
  const { service, rootToken } = await startTestService(t)
  const address = await service.app.listen({ host: '127.0.0.1', port: 0 })
  return { app: service.app, rootToken, port: Number(new URL(address).port) }
}

/** Sends bytes some times, until no turn of the event loop takes more than `maxMs` of CPU. */
async function quickest(port: number, bytes: string, maxMs: number) {
  const sent = Buffer.from(bytes)
  let ms = Number.POSITIVE_INFINITY
  let text = ''
  let tries = 0
  while (tries < 5 && ms > maxMs) {
    tries += 1
    const watch = watchTurns()
    text = await exchange(port, sent)
    ms = Math.min(ms, watch.end())
  }
  return { ms, tries, text }
}

function requestTo(url: string): string {
  return `GET ${url} HTTP/1.1\r\nHost: a\r\n\r\n`
}

const lastRequest = 'GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'

/** Sends a text in one write, and resolves with all that comes until the server ends. */
async function exchange(port: number, text: string | Buffer): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(text)
  let received = ''
  socket.setEncoding('utf8')
  // The server resets the connection if it has not read everything.
  socket.on('error', () => undefined)
  socket.on('data', (part) => {
    received += part
  })
  await once(socket, 'close')
  return received
}

async function listen(t: Test, handle: Handle): Promise<number> {
  const turns = new RequestTurns(handle, new Pacing())
  const server = createServer((request, response) => turns.receive(request, response))
  t.teardown(() => server.closeAllConnections())
  t.teardown(() => server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
