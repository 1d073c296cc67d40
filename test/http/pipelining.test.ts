import { once } from 'node:events'
import { createServer, get } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { type Test, test } from 'tap'
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
  const { service } = await startTestService(t)
  const address = await service.app.listen({ host: '127.0.0.1', port: 0 })
  const port = Number(new URL(address).port)
  // Node.js parses 2,000 requests and makes their objects, and the turn also has the work of the
  // client.
  const maxMs = 2 * (await maxTurnMs())
  for (const url of ['/openapi.json', '/docs/json', '/metrics', '/livez', '/v1/me']) {
    await exchange(port, requestTo(url) + lastRequest)
    const pipelined = requestTo(url).repeat(2_000)
    const before = process.memoryUsage().heapTotal
    let least = Number.POSITIVE_INFINITY
    let text = ''
    for (let tries = 0; tries < 5 && least > maxMs; tries += 1) {
      const watch = watchTurns()
      text = await exchange(port, pipelined)
      least = Math.min(least, watch.end())
    }
    t.ok(least <= maxMs, `${url}: the longest turn took ${least} ms of CPU`)
    t.equal(text.split('HTTP/1.1 503').length, 2, `${url}: the second request is refused`)
    t.equal(text.split('HTTP/1.1 ').length, 3, 'and no further one is answered')
    t.match(text, /connection: close.*"code":"overloaded"/is)
    t.ok(process.memoryUsage().heapTotal - before < 100e6, 'memory is bounded')
    t.equal((await service.app.inject('/livez')).statusCode, 200)
  }
})

function requestTo(url: string): string {
  return `GET ${url} HTTP/1.1\r\nHost: a\r\n\r\n`
}

const lastRequest = 'GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'

/** Sends a text in one write, and resolves with all that comes until the server ends. */
async function exchange(port: number, text: string): Promise<string> {
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
  const turns = new RequestTurns(handle, (_request, response) => {
    response.writeHead(503, { connection: 'close' }).end()
  })
  const server = createServer((request, response) => turns.receive(request, response))
  t.teardown(() => server.closeAllConnections())
  t.teardown(() => server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
