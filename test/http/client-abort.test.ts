import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { test } from 'tap'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { startTestService } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

const json = 'application/json'
const form = 'application/x-www-form-urlencoded'
const aborted = 'the client closed the connection before the request was complete'
const told = new Set([aborted, 'the database is unavailable', 'unexpected error'])

test('a client that resets its connection in the middle of a body is logged as such, never as an outage', async (t) => {
  const { service, root, rootToken, logLines } = await startTestService(t)
  const account = await newAccount(root)
  // Authenticated from memory, so that the body is being read as soon as its verdict is counted.
  const { token } = await newKey(root, account)
  await service.app.inject({ url: '/v1/me', headers: { authorization: `Bearer ${token}` } })
  await service.app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = service.app.server.address() as AddressInfo
  const requests: readonly (readonly [method: string, path: string, contentType: string])[] = [
    ['POST', '/v1/verify', json],
    ['POST', `/v1/accounts/${account}/api-keys`, json],
    ['PUT', `/v1/accounts/${account}/roles/${account}`, json],
    ['POST', '/oauth2/introspect', form],
    ['POST', `/api/public/v1/accounts/${account}/api-keys`, json],
  ]
  for (const [method, path, contentType] of requests) {
    for (const framing of ['Content-Length: 1000', 'Transfer-Encoding: chunked']) {
      const body = framing.startsWith('Content') ? '{"token":"' : '400\r\n{"token":"'
      const before = logLines.length
      const verdicts = service.deps.counters.verdicts.valid
      const socket = connect(port, '127.0.0.1')
      socket.on('error', () => undefined)
      socket.write(
        `${method} ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${path.includes(account) ? token : rootToken}\r\n` +
          `Content-Type: ${contentType}\r\n${framing}\r\n\r\n${body}`,
      )
      await until(() => service.deps.counters.verdicts.valid > verdicts)
      const closed = once(socket, 'close')
      socket.resetAndDestroy()
      await closed
      const name = `${method} ${path}, ${framing}`
      const seen = () => logLines.slice(before).map((line) => JSON.parse(line))
      await until(() => seen().some(({ message }) => told.has(message)))
      const lines = seen()
      t.ok(
        lines.some(({ message, level }) => message === aborted && level === 'info'),
        name,
      )
      t.same(
        lines.filter(({ level }) => level !== 'info' && level !== 'debug'),
        [],
        `${name}: nothing above info`,
      )
      t.ok(
        lines.every(({ status }) => status !== 503),
        `${name}: no outage is counted`,
      )
    }
  }
})

test('a request that the service itself cuts off is never logged as the doing of its client', async (t) => {
  const settings = { DRAIN_TIMEOUT_MS: '300' }
  const { service, rootToken, logLines, stop } = await startTestService(t, { settings })
  await service.app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = service.app.server.address() as AddressInfo
  const seen = () => logLines.map((line) => JSON.parse(line))
  const cut = 'the service closed the connection before the request was complete'
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write(
    `POST /v1/verify HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${rootToken}\r\n` +
      `Content-Type: ${json}\r\nExpect: 100-continue\r\nContent-Length: 1000\r\n\r\n`,
  )
  await once(socket, 'data')
  await stop()
  await until(() => seen().some(({ message, reason }) => message === cut && /DRAIN/.test(reason)))
  t.ok(seen().some(({ level, connections }) => level === 'warn' && connections === 1))
  t.notOk(seen().some(({ message }) => message === aborted))
})
