/** Whether a process ends when its work is done, while a verifier of its own is open. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { fakeToken, startFakeInstance } from '../helpers/fake-instance.ts'
import { createProcesses } from '../helpers/process.ts'
import { until } from '../helpers/until.ts'

const processes = await createProcesses()
t.teardown(() => processes.end())

t.test('an attached verifier keeps its process running until it is closed', async (t) => {
  const instance = await startFakeInstance(t, { leaseMs: 200 })
  const program = launch(instance.url, 'attached')
  await until('its work is done', () => program.stdout === 'valid: true\n')
  const [stream] = instance.streams
  const beats = () => stream?.told.filter(({ kind }) => kind === 'beat').length ?? 0
  const before = beats()
  await until('it beats on', () => beats() > before + 5)

  instance.stop()
  const { port } = new URL(instance.url)
  const next = await startFakeInstance(t, { leaseMs: 200, port: Number(port) })
  await until('it attaches anew', () => next.streams.length > 0)
  const told = () => next.streams.flatMap(({ told }) => told.map(({ kind }) => kind))
  await until('it is attached', () => told().includes('beat'))
  t.equal(await program.stop(), 0)
  t.equal(told().at(-1), 'gone')
})

t.test('a verifier that cannot attach keeps its process running, too', async (t) => {
  const instance = await startFakeInstance(t, { welcomes: () => false })
  const program = launch(instance.url, 'detached')
  for (let attempts = 1; attempts < 4; attempts += 1) {
    await until('it tries to attach', () => instance.streams.length === attempts)
    instance.streams.at(-1)?.socket.terminate()
  }
  await until('its work is done', () => program.stdout === 'valid: unavailable\n')
  await until('it tries again', () => instance.streams.length === 4)
  t.equal(await program.stop(), 0)
})

t.test('a verifier that only asks over HTTP keeps no process running', async (t) => {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end('{"valid":false,"reason":"not_found"}')
  })
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const program = launch(`http://127.0.0.1:${port}`, 'remote')
  t.equal(await program.ended, 0)
  t.equal(program.stdout, 'valid: false\n')
})

function launch(url: string, mode: 'attached' | 'detached' | 'remote') {
  return processes.launch({ script: ['test/processes/open-verifier.ts', url, mode, fakeToken()] })
}
