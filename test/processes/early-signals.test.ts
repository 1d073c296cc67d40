/** A signal that arrives while the service starts stops it, however far the start has come. */
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createTestDatabase } from '../helpers/database.ts'
import { connectRaw } from '../helpers/instances.ts'
import { untilBlocked } from '../helpers/locks.ts'
import { createProcesses, type Launched, processesIn } from '../helpers/process.ts'
import { until } from '../helpers/until.ts'

for (const workers of ['1', '2']) {
  t.test(`a signal before the service has loaded is not lost (WORKERS=${workers})`, async (t) => {
    const processes = await createProcesses()
    t.teardown(() => processes.end())
    const { settings } = await silentDatabase(t)
    const early = processes.launch({ settings: { ...settings, WORKERS: workers } })
    await until('it catches signals', () => catchesHangup(early))
    early.signal('SIGTERM')
    await assertAbandoned(t, early)
  })

  t.test(
    `a signal while the database is prepared stops the start (WORKERS=${workers})`,
    async (t) => {
      const processes = await createProcesses()
      t.teardown(() => processes.end())
      const database = await createTestDatabase()
      t.teardown(() => database.drop())
      const client = await connectRaw(t, database.url)
      await client.query('begin; lock table account, pepper in access exclusive mode')
      const file = join(processes.folder, 'root-token')
      const settings = { DATABASE_URL: database.url, WORKERS: workers, ROOT_TOKEN_FILE: file }
      const waiting = processes.launch({ settings })
      await untilBlocked(client)
      for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const)
        waiting.signal(signal)
      await until('it is told', () => waiting.log.some(({ message }) => message === 'stopping'))
      await client.query('commit')
      await assertAbandoned(t, waiting)
    },
  )
}

t.test('a signal while the database does not answer stops the start without a fault', async (t) => {
  const processes = await createProcesses()
  t.teardown(() => processes.end())
  const { settings, accepted } = await silentDatabase(t)
  const waiting = processes.launch({ settings })
  await accepted
  waiting.signal('SIGTERM')
  await assertAbandoned(t, waiting)
})

t.test('a signal while the private database is made leaves no server behind', async (t) => {
  const processes = await createProcesses()
  t.teardown(() => processes.end())
  const dataDir = join(processes.folder, 'data')
  const making = processes.launch()
  await until('it is being made', async () => existsSync(dataDir) && (await isBeingMade(dataDir)))
  making.signal('SIGTERM')
  await assertAbandoned(t, making)
  t.same(await processesIn(processes.folder), [])
})

async function assertAbandoned(t: Test, launched: Launched): Promise<void> {
  t.equal(await launched.ended, 0)
  t.equal(launched.stderr, '')
  t.ok(launched.log.some(({ message }) => message === 'stopping'))
  t.match(launched.log.at(-1)?.message, /^stopped/)
  t.notOk(launched.log.some(({ message }) => message.startsWith('Server listening')))
}

/** Node itself handles SIGTERM and SIGINT; nobody but the service handles SIGHUP. */
async function catchesHangup({ pid }: Launched): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const [, mask = '0'] = /^SigCgt:\s*([0-9a-f]+)$/m.exec(status) ?? []
  return (BigInt(`0x${mask}`) & 1n) === 1n
}

async function isBeingMade(dataDir: string): Promise<boolean> {
  return (await readdir(dataDir)).some((name) => name.startsWith('postgres.unfinished-'))
}

async function silentDatabase(t: Test) {
  const server = createServer(() => undefined).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const settings = {
    DATABASE_URL: `postgres://127.0.0.1:${port}/keys`,
    DATABASE_CONNECT_TIMEOUT_MS: '2000',
  }
  return { settings, accepted: once(server, 'connection') }
}
