import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type Test, test } from 'tap'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { startTestService } from '../helpers/service.ts'

const hostileConnections = 20

/** As many as may end in a turn of a millisecond before the verification is read. */
const maxBefore = 5

test('beside 20 connections that each have a large body ready, a verification waits for few', async (t) => {
  const service = await startTestService(t)
  const account = await newAccount(service.root)
  const hostile = await newKey(service.root, account, { role: 'admin' })
  const { app } = service.service
  const port = Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port)
  const answered: string[] = []
  app.server.on('request', (request, response) => {
    response.on('finish', () => answered.push(request.url ?? ''))
  })

  const form = `token=${service.rootToken}&${'permission=a&'.repeat(1_500)}`
  const rows: readonly [told: string, token: string, path: string, type: string, body: string][] = [
    [
      'faulty elements',
      hostile.token,
      `/v1/accounts/${account}/api-keys/${hostile.id}/explain`,
      'application/json',
      `{"permissions":[${'"",'.repeat(9_000)}""]}`,
    ],
    [
      'broken JSON',
      hostile.token,
      `/v1/accounts/${account}/api-keys`,
      'application/json',
      `{"name":[${'{"a":[1]},'.repeat(1_900)}`,
    ],
    ['a form', service.rootToken, '/oauth2/introspect', 'application/x-www-form-urlencoded', form],
  ]
  const verify = requestOf(service.rootToken, '/v1/verify', 'application/json', '{"token":"a"}')
  const victim = await open(t, port, verify)
  for (const [told, token, path, type, body] of rows) {
    const bytes = requestOf(token, path, type, body)
    const sockets: Socket[] = []
    // Each connection is accepted, and its request has run once.
    for (let index = 0; index < hostileConnections; index += 1) {
      sockets.push(await open(t, port, requestOf(token, path, type, '{}')))
    }
    answered.length = 0
    for (const socket of sockets) socket.write(bytes)
    victim.write(verify)
    await Promise.all([victim, ...sockets].map((socket) => once(socket, 'data')))
    t.equal(answered.length, hostileConnections + 1, `${told}: all are answered`)
    const before = answered.indexOf('/v1/verify')
    t.ok(before <= maxBefore, `${told}: ${before} are answered before the verification`)
  }
})

function requestOf(token: string, path: string, type: string, body: string): string {
  return [
    `POST ${path} HTTP/1.1`,
    'Host: a',
    `Authorization: Bearer ${token}`,
    `Content-Type: ${type}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n')
}

/** A connection that has had the answer to a first request. */
async function open(t: Test, port: number, request: string): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  t.teardown(() => socket.destroy())
  socket.write(request)
  await once(socket, 'data')
  return socket
}
