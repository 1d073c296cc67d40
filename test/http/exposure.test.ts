/** The settings that close documents and metrics, or move health and metrics to another port. */
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { listenForOperations } from '../../src/process/operations-server.ts'
import { loadSettings } from '../../src/settings/load-settings.ts'
import { sendRaw } from '../helpers/raw-request.ts'
import { startTestService } from '../helpers/service.ts'

const documents = [
  '/docs',
  '/docs/',
  '/docs/json',
  '/docs/static/index.css',
  '/openapi.json',
  '/openapi/aeon.json',
  '/%6fpenapi.json',
]
const operations = ['/livez', '/readyz', '/metrics']

t.test('DOCS=off and METRICS=off close the documents and the metrics', async (t) => {
  const { as, root } = await startTestService(t, { settings: { DOCS: 'off', METRICS: 'off' } })
  for (const path of [...documents, '/metrics', '/metrics?x=1', '/%6detrics']) {
    for (const caller of [as(undefined), root]) {
      t.equal((await caller.get(path)).status, 404, path)
      t.equal((await caller.call('POST', path.replace(/%6./, 'x'))).status, 404, `POST ${path}`)
    }
  }
  t.equal((await root.get('/v1/me')).status, 200)
  t.equal((await as(undefined).get('/livez')).status, 200)
})

t.test(
  'with OPERATIONS_PORT, health and metrics are on that port only, and nothing else',
  async (t) => {
    const settings = { OPERATIONS_PORT: '0' }
    const { service, root, rootToken, stop } = await startTestService(t, { settings })
    const api = await service.app.listen({ host: '127.0.0.1', port: 0 })
    const { config } = await loadSettings(settings)
    await listenForOperations(service.operationsServer, config)
    const { port } = service.operationsServer.address() as AddressInfo
    const own = `http://127.0.0.1:${port}`
    const headers = ['Authorization', `Bearer ${rootToken}`]
    for (const path of operations) {
      const there = await sendRaw(`${own}${path}`, { headers })
      t.equal(there.status, 200, path)
      t.equal(there.headers['x-content-type-options'], 'nosniff')
      t.equal((await sendRaw(`${api}${path}`, { headers })).status, 404, path)
      t.equal((await sendRaw(`${api}${path}`, { method: 'POST' })).status, 404, path)
    }
    for (const path of [...documents, '/v1/me', '/api/public/v1/ping']) {
      t.equal((await sendRaw(`${own}${path}`, { headers })).status, 404, path)
    }
    t.equal((await sendRaw(`${api}/v1/me`, { headers })).status, 200)
    t.equal((await root.get('/openapi.json')).status, 200)
    await stop()
    await t.rejects(sendRaw(`${own}/livez`), 'the port is closed with the service')
  },
)
