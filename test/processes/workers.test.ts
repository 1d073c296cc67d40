import { readFile } from 'node:fs/promises'
import { Agent, get } from 'node:http'
import t from 'tap'
import type { Json } from '../helpers/api.ts'
import { prepareCluster } from '../helpers/cluster.ts'
import { createTestDatabase } from '../helpers/database.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { connectRaw, registered } from '../helpers/instances.ts'
import { createProcesses, shownRootToken } from '../helpers/process.ts'
import { until } from '../helpers/until.ts'

t.test('workers share a port, register as instances, are replaced and stop together', async (t) => {
  const processes = await createProcesses()
  t.teardown(() => processes.end())
  await prepareCluster(`${processes.folder}/data`)
  const launched = await processes.start({
    settings: { WORKERS: '3', DATA_DIR: `${processes.folder}/data` },
  })
  const url = await launched.listening
  const rootToken = await shownRootToken(launched)
  processes.canaries.addToken(rootToken)
  const root = processes.api(url, rootToken)
  const instances = async (): Promise<string[]> =>
    (await root.get('/v1/instances')).body.instances.map((one: Json) => one.id)
  await until('three instances are live', async () => (await instances()).length === 3)

  const account = await newAccount(root)
  const key = await newKey(root, account)
  // Each call may meet another worker: connections are dealt out in turn.
  const verdicts = () => Promise.all(Array.from({ length: 12 }, () => root.verify(key.token)))
  t.ok((await verdicts()).every((verdict) => verdict.valid))
  const revoked = await root.post(`/v1/accounts/${account}/api-keys/${key.id}/revoke`)
  t.match(revoked.body.receipt, { state: 'complete', acknowledged: 3, live: 3, waiting_for: [] })
  t.ok(
    (await verdicts()).every((verdict) => verdict.reason === 'revoked'),
    'none accepts it',
  )

  const { text } = await root.get('/metrics')
  const total = /aeon_keys_verdicts_total\{outcome="revoked"\} (\d+)/.exec(text)?.[1]
  t.equal(Number(total), 12, 'metrics are those of all workers')

  const before = await instances()
  const [victim] = await processes.childrenOf(launched.pid)
  if (victim === undefined) throw new Error('no worker')
  process.kill(victim, 'SIGKILL')
  await until('another worker has taken its place', async () => {
    const now = await instances().catch(() => before)
    return now.length === 3 && now.filter((id) => before.includes(id)).length === 2
  })
  t.pass('the row of the dead one went with it')
  t.equal(await launched.stop(), 0)
})

t.test(
  'stopping right after a worker was killed deletes the instance rows and logs no error',
  async (t) => {
    const database = await createTestDatabase()
    t.teardown(() => database.drop())
    const processes = await createProcesses()
    t.teardown(() => processes.end())
    const launched = await processes.start({
      settings: { WORKERS: '2', DATABASE_URL: database.url },
    })
    const raw = await connectRaw(t, database.url)
    const ids = async () => (await registered(raw)).map(({ id }) => id)
    await until('two are registered', async () => (await ids()).length === 2)
    // Each registers anew, and so has two rows to be deleted.
    const former = await ids()
    await raw.query('delete from instance')
    await until('they are registered again', async () => {
      const now = await ids()
      return now.length === 2 && !now.some((id) => former.includes(id))
    })
    await raw.query('begin; lock table instance in share mode')
    for (const worker of await processes.childrenOf(launched.pid)) process.kill(worker, 'SIGKILL')
    await until('rows are being deleted', async () => {
      await raw.query('select pg_stat_clear_snapshot()')
      const { rowCount } = await raw.query(
        `select from pg_stat_activity where datname = current_database()
           and wait_event_type = 'Lock' and query like 'delete from%'`,
      )
      return rowCount === 2
    })
    launched.signal('SIGTERM')
    await until('it stops', () => launched.log.some(({ message }) => message === 'stopping'))
    await raw.query('commit')
    t.equal(await launched.ended, 0)
    t.same(await registered(raw), [])
    const messages = launched.log.map(({ message }) => message)
    for (const noise of ['failed to', 'starting a replacement']) {
      t.notOk(
        messages.some((message) => message.includes(noise)),
        noise,
      )
    }
  },
)

t.test(
  'a worker that ends before it reads what its parent wrote does not end the service',
  async (t) => {
    const database = await createTestDatabase()
    t.teardown(() => database.drop())
    const processes = await createProcesses()
    t.teardown(() => processes.end())
    const launched = await processes.start({
      settings: { WORKERS: '2', DATABASE_URL: database.url },
    })
    const listening = () =>
      launched.log.filter(({ message }) => /^Server list/.test(message)).length
    await until('both listen', () => listening() === 2)

    // A stopped parent hears only later that a worker asked for metrics, and that it ended. What is
    // connected before reaches the workers without it.
    const url = await launched.listening
    const [asking, ...others] = Array.from({ length: 5 }, () => connection(url))
    const health = () => Promise.all(others.map((call) => call('/livez')))
    await asking?.('/livez')
    t.same(await health(), [200, 200, 200, 200])
    const first = await processes.childrenOf(launched.pid)
    launched.signal('SIGSTOP')
    const cutOff = asking?.('/metrics')
    // A worker that has answered two later requests has asked.
    for (let round = 0; round < 2; round += 1) await health()
    for (const pid of first) process.kill(pid, 'SIGKILL')
    await until('both have ended', () => areEnded(first))
    launched.signal('SIGCONT')
    await until('others have taken their places', () => listening() === 4)
    t.equal(await cutOff, undefined)

    const last = await processes.childrenOf(launched.pid)
    launched.signal('SIGSTOP')
    for (const pid of last) process.kill(pid, 'SIGTERM')
    await until('both have stopped', () => areEnded(last))
    launched.signal('SIGTERM')
    launched.signal('SIGCONT')
    const code = await launched.ended
    const fatal = launched.log.filter(({ level }) => level === 'fatal')
    t.same({ code, fatal }, { code: 0, fatal: [] })
  },
)

t.test('a worker that does not tell its metrics does not end the service', async (t) => {
  const database = await createTestDatabase()
  t.teardown(() => database.drop())
  const processes = await createProcesses()
  t.teardown(() => processes.end())
  const launched = await processes.start({
    settings: { WORKERS: '2', DATABASE_URL: database.url },
  })
  const listening = () => launched.log.filter(({ message }) => /^Server list/.test(message)).length
  await until('both listen', () => listening() === 2)
  const url = await launched.listening
  // Connections are dealt out in turn: one of two reaches the worker that goes on.
  const calls = [connection(url), connection(url)]
  for (const call of calls) t.equal(await call('/livez'), 200)
  const [stopped] = await processes.childrenOf(launched.pid)
  if (stopped === undefined) throw new Error('no worker')
  process.kill(stopped, 'SIGSTOP')
  const asked = calls.map((call) => call('/metrics'))
  t.equal(await Promise.any(asked), 503)
  process.kill(stopped, 'SIGCONT')
  await Promise.all(asked)
  await until('metrics are served again', async () => (await calls[0]?.('/metrics')) === 200)
  t.same(
    launched.log.filter(({ level }) => level === 'fatal'),
    [],
  )
  t.equal(await launched.stop(), 0)
})

t.test('a service whose workers cannot start exits with the reason', async (t) => {
  const processes = await createProcesses()
  t.teardown(() => processes.end())
  for (const name of ['one', 'two']) await prepareCluster(`${processes.folder}/${name}`)
  const first = await processes.start({ settings: { DATA_DIR: `${processes.folder}/one` } })
  processes.canaries.addToken(await shownRootToken(first))
  const { port } = new URL(await first.listening)
  const second = await processes.run({
    settings: { WORKERS: '2', PORT: port, DATA_DIR: `${processes.folder}/two` },
  })
  t.equal(second.status, 1)
  t.match(second.stderr, /EADDRINUSE/)
  processes.canaries.addToken(await shownRootToken(second))
})

/** Whether processes have ended, of which the parent has perhaps not heard. */
async function areEnded(pids: readonly number[]): Promise<boolean> {
  const stats = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z')),
  )
  return stats.every((stat) => /\) [ZX]/.test(stat))
}

/** Calls on a connection of its own; the status is undefined when it is cut off. */
function connection(url: string): (path: string) => Promise<number | undefined> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  return (path) => {
    const { promise, resolve } = Promise.withResolvers<number | undefined>()
    get(url + path, { agent }, (answer) => {
      answer.resume().on('close', () => resolve(answer.statusCode))
    }).on('error', () => resolve(undefined))
    return promise
  }
}

t.test('the row of a killed worker stays until none of its edges may answer', async (t) => {
  const database = await createTestDatabase()
  t.teardown(() => database.drop())
  const processes = await createProcesses()
  t.teardown(() => processes.end())
  const raw = await connectRaw(t, database.url)
  const edges = { EDGES_MAX: '10', EDGE_LEASE_MS: '2000' }
  const launched = await processes.start({
    settings: { WORKERS: '2', DATABASE_URL: database.url, ...edges },
  })
  await launched.listening
  const ids = async () => (await registered(raw)).map(({ id }) => id)
  await until('two instances are live', async () => (await ids()).length === 2)
  const before = await ids()
  const [victim] = await processes.childrenOf(launched.pid)
  if (victim === undefined) throw new Error('no worker')
  const killedAt = performance.now()
  process.kill(victim, 'SIGKILL')
  const isReplaced = () => launched.log.some(({ message }) => /replacement$/.test(message))
  await until('its replacement is started', isReplaced)
  const left = async () => (await ids()).filter((id) => before.includes(id))
  await until('the row is gone', async () => (await left()).length === 1)
  t.ok(performance.now() - killedAt >= (2_000 * 1.1) / 0.9)
  await until('the replacement is live', async () => (await ids()).length === 2)
  t.equal(await launched.stop(), 0)
})
