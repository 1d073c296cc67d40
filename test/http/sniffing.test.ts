import { METHODS } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { sendBytes } from '../helpers/raw-socket.ts'
import { parseRoute, routesOf } from '../helpers/routes.ts'
import { startTestService } from '../helpers/service.ts'

const unknownId = '01890000-0000-7000-8000-000000000000'

t.test('every answer forbids a browser to guess its type', async (t) => {
  const { service, root, as } = await startTestService(t, {
    settings: { PUBLIC_URL: 'https://keys.example.com' },
  })
  const { app } = service
  await app.ready()
  const routes = routesOf(app)
  t.ok(routes.length > 50)
  for (const route of routes) {
    const { method, path } = parseRoute(route)
    const target = path.replace('*', 'static/index.css').replace(/:\w+/g, unknownId)
    for (const caller of [root, as(undefined)]) {
      const answer = await caller.call(method, target)
      t.equal(answer.headers['x-content-type-options'], 'nosniff', `${route} ${answer.status}`)
    }
  }
  const paths = [
    '/',
    '/nope',
    '/%zz',
    '/docs/static/nope',
    '/api/public/v1/nope',
    '/api/public/v1/%zz',
  ]
  for (const path of [
    ...paths,
    '/oauth2/introspect/x',
    '/oauth2/introspect/%zz',
    `/${'a'.repeat(9_000)}`,
  ]) {
    for (const method of ['GET', 'HEAD', 'POST', 'OPTIONS'] as const) {
      const answer = await root.call(method, path, { raw: { type: 'text/plain', text: 'x' } })
      t.equal(answer.headers['x-content-type-options'], 'nosniff', `${method} ${path.slice(0, 30)}`)
    }
  }
})

t.test('an answer to an invalid request forbids a browser to guess its type', async (t) => {
  const { service } = await startTestService(t)
  const url = await service.app.listen({ host: '127.0.0.1', port: 0 })
  const close = 'Connection: close\r\n\r\n'
  const rows: readonly [told: string, bytes: string, status: number][] = [
    ['no HTTP', 'x\r\n\r\n', 400],
    ['an unknown method', `NOPE / HTTP/1.1\r\nHost: x\r\n${close}`, 501],
    ['CONNECT', `CONNECT x:443 HTTP/1.1\r\nHost: x\r\n${close}`, 501],
    ['large headers', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n${close}`, 431],
    ['no Host', `GET /livez HTTP/1.1\r\n${close}`, 400],
    [
      'two lengths',
      `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n${close}`,
      400,
    ],
    ['an unknown expectation', `GET /livez HTTP/1.1\r\nHost: x\r\nExpect: cake\r\n${close}`, 417],
    ['HTTP/1.0 without Host', `GET /livez HTTP/1.0\r\n\r\n`, 200],
    ...METHODS.filter((method) => method !== 'CONNECT').map((method): [string, string, number] => [
      method,
      `${method} /livez HTTP/1.1\r\nHost: x\r\n${close}`,
      method === 'GET' || method === 'HEAD' ? 200 : 405,
    ]),
  ]
  for (const [told, bytes, status] of rows) {
    const answer = await sendBytes(url, bytes)
    t.equal(answer.headers['x-content-type-options'], 'nosniff', told)
    t.equal(answer.status, status, told)
    if (status < 400) continue
    t.match(answer.headers['content-type'], /^application\/problem\+json/, told)
    t.equal(answer.headers['cache-control'], 'no-store', told)
    t.ok(answer.headers['x-request-id'], told)
  }
})

t.test('a request that arrives during the shutdown gets 503 with all headers', async (t) => {
  const { service, stop } = await startTestService(t)
  const { app } = service
  const arrived = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  app.get('/slow', async () => {
    arrived.resolve()
    await released.promise
    return 'done'
  })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.write('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n')
  await arrived.promise
  const stopped = stop()
  const late = new Promise<void>((resolve) => app.server.once('request', () => resolve()))
  socket.write('GET /v1/me HTTP/1.1\r\nHost: x\r\n\r\n')
  await late
  released.resolve()
  const [first = '', second = ''] = (await text(socket)).split(/(?=HTTP\/1\.1 )/)
  await stopped
  t.match(first, /^HTTP\/1\.1 200 .*done$/s)
  t.match(second, /^HTTP\/1\.1 503 /)
  for (const header of [
    /^x-content-type-options: nosniff/im,
    /^retry-after: 1/im,
    /^x-request-id: /im,
  ]) {
    t.match(second, header)
  }
  t.match(second, '"code":"unavailable"')
})
