/** An edge as operators run it: a process beside the service, over TCP and over a Unix socket. */

import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import t from 'tap'
import { createTestDatabase } from '../helpers/database.ts'
import { newAccount, newAllowList, newKey } from '../helpers/fixtures.ts'
import { createProcesses, type Settings } from '../helpers/process.ts'
import { until } from '../helpers/until.ts'

const database = await createTestDatabase()
t.teardown(() => database.drop())
const processes = await createProcesses()
t.teardown(() => processes.end())
const { folder } = processes
const leaseMs = 1_000
const rootTokenFile = `${folder}/root-token`
const settings = { DATABASE_URL: database.url, EDGES_MAX: '8', EDGE_LEASE_MS: String(leaseMs) }
const service = await processes.start({ settings: { ...settings, ROOT_TOKEN_FILE: rootTokenFile } })
const address = await service.listening
const rootToken = (await readFile(rootTokenFile, 'utf8')).trim()
processes.canaries.addToken(rootToken)
const root = processes.api(address, rootToken)
const { body: me } = await root.get('/v1/me')
const platform: string = me.api_key.account_id
const account = await newAccount(root)
const own = await newKey(root, platform, { role: 'verifier' })
const tokenFile = `${folder}/edge-token`
await writeFile(tokenFile, `${own.token}\n`)
/** The helper sets these for services, which have a database. */
const ofDatabases = {
  DATA_DIR: '',
  DATABASE_CONNECT_TIMEOUT_MS: '',
  DATABASE_STATEMENT_TIMEOUT_MS: '',
  HASH_WAIT_MAX_MS: '',
}
const ofService: Settings = {
  ...ofDatabases,
  EDGE_OF: address,
  EDGE_TOKEN_FILE: tokenFile,
  PORT: '0',
}

t.test('once a receipt is complete, an edge beside the service denies the key', async (t) => {
  const edge = await processes.start({ settings: ofService })
  const caller = await newKey(root, platform, { role: 'verifier' })
  const api = processes.api(await edge.listening, caller.token)
  const key = await newKey(root, account)
  t.match(await api.verify(key.token), { valid: true })
  const { body } = await root.post(`/v1/accounts/${account}/api-keys/${key.id}/revoke`)
  t.match(body.receipt, { state: 'complete' })
  t.match(await api.verify(key.token), { valid: false, reason: 'revoked' })
  const anonymous = processes.api(await edge.listening, undefined)
  t.equal((await anonymous.post('/v1/verify', { token: key.token })).status, 401)
  t.match((await anonymous.get('/readyz')).body, { attached: true })

  const rotated = await root.post(`/v1/accounts/${platform}/api-keys/${own.id}/rotate`, {
    overlap_seconds: 1,
  })
  processes.canaries.addToken(rotated.body.token)
  await writeFile(tokenFile, `${rotated.body.token}\n`)
  await until('the old token has ended', async () => !(await root.verify(own.token)).valid)
  const { token: unknown } = await newKey(root, account)
  await until('it is attached by the new token', async () => {
    const { status, body } = await api.post('/v1/verify', { token: unknown })
    return status === 200 && body.valid
  })

  const second = await processes.run({ settings: { ...ofService, EDGE_OF: await edge.listening } })
  t.equal(second.status, 1)
  t.match(second.stderr, 'EDGE_OF is the address of an edge.')
  const { port } = new URL(address)
  const crowded = await processes.run({ settings: { ...ofService, OPERATIONS_PORT: port } })
  t.equal(crowded.status, 1)
  t.match(crowded.stderr, 'Stop that process, or set another OPERATIONS_PORT')

  t.equal(await edge.stop(), 0)
  const streams = /^aeon_keys_edges (\d+)$/m.exec((await root.get('/metrics')).text)?.[1]
  t.equal(streams, '0', 'it has said that it goes')
})

t.test('an edge on a Unix socket serves whom the mode of the socket admits', async (t) => {
  const socket = `${folder}/keys.sock`
  const onSocket = {
    ...ofService,
    PORT: '',
    EDGE_SOCKET: socket,
    EDGE_SOCKET_MODE: '0660',
    EDGE_SOCKET_CALLERS: 'any',
  }
  const edge = processes.launch({ settings: onSocket })
  const isThere = () =>
    stat(socket).then(
      () => true,
      () => false,
    )
  await until('it listens', isThere)
  t.equal((await stat(socket)).mode & 0o777, 0o660)
  const { token } = await newKey(root, account)
  t.match(await askBySocket(socket, token), { status: 200, body: { valid: true } })

  const beside = await processes.run({ settings: onSocket })
  t.match(beside.stderr, 'Another process listens on EDGE_SOCKET.')
  edge.signal('SIGKILL')
  await edge.ended
  const next = processes.launch({ settings: { ...onSocket, EDGE_SOCKET_CALLERS: 'key' } })
  const caller = await newKey(root, platform, { role: 'verifier' })
  await until('it has replaced what was left over', () =>
    askBySocket(socket, token, caller.token).then(
      ({ status }) => status === 200,
      () => false,
    ),
  )
  t.equal((await askBySocket(socket, token)).status, 401, 'callers need a key')
  const loopback = await newAllowList(root, platform, ['127.0.0.0/8', '::1'])
  const allow_list_ids = [loopback]
  const restricted = await newKey(root, platform, { role: 'verifier', allow_list_ids })
  t.match(await processes.api(address, restricted.token).verify(token), { valid: true })
  const { status, body } = await askBySocket(socket, token, restricted.token)
  t.match({ status, body }, { status: 403, body: { code: 'permission_denied' } }, 'no address')
  t.equal(await next.stop(), 0)
  t.notOk(await isThere())
  await writeFile(socket, '')
  const onFile = await processes.run({ settings: onSocket })
  t.match(onFile.stderr, 'EDGE_SOCKET names a file that is no socket. Remove')
  t.notMatch(onFile.stdout, 'attached to the service', 'the fault comes before the edge attaches')
  await rm(socket)
})

t.test('an edge whose service is killed answers 503 after its lease', async (t) => {
  const edge = await processes.start({ settings: ofService })
  const caller = await newKey(root, platform, { role: 'verifier' })
  const api = processes.api(await edge.listening, caller.token)
  const { token } = await newKey(root, account)
  t.match(await api.verify(token), { valid: true })
  service.signal('SIGKILL')
  await until('its lease has ended', async () => {
    const { status, headers } = await api.post('/v1/verify', { token })
    if (status === 200) return false
    t.equal(status, 503)
    t.equal(headers['retry-after'], '1')
    return true
  })
  const anonymous = processes.api(await edge.listening, undefined)
  await until('it says so', async () => (await anonymous.get('/readyz')).status === 503)
  t.equal((await api.post('/v1/verify', { token })).status, 503)
  t.equal(await edge.stop(), 0)
})

async function askBySocket(socketPath: string, token: string, caller?: string) {
  const body = JSON.stringify({ token })
  const headers = {
    'content-type': 'application/json',
    'content-length': body.length,
    ...(caller !== undefined && { authorization: `Bearer ${caller}` }),
  }
  return new Promise<{ status: number | undefined; body: unknown }>((resolve, reject) => {
    const sent = request(
      { socketPath, method: 'POST', path: '/v1/verify', headers },
      (response) => {
        let text = ''
        response.on('data', (chunk) => {
          text += String(chunk)
        })
        response.on('end', () => resolve({ status: response.statusCode, body: JSON.parse(text) }))
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}
