import { readFile } from 'node:fs/promises'
import t from 'tap'
import { createTestDatabase } from '../helpers/database.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { createProcesses } from '../helpers/process.ts'
import { startTestService } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

/**
 * Leases of 5.4 s and a failure timeout of 6.75 s: short to wait for, and long for a sync cycle on
 * a busy machine.
 */
const settings = { MAX_STALENESS_MS: '6000', POLL_INTERVAL_MS: '50' }

t.test('a process stopped past its lease accepts no revoked key when it resumes', async (t) => {
  const database = await createTestDatabase()
  t.teardown(() => database.drop())
  const elsewhere = await startTestService(t, { database, settings })
  const processes = await createProcesses()
  t.teardown(() => processes.end())
  const stopped = await processes.start({ settings: { ...settings, DATABASE_URL: database.url } })
  const root = processes.api(await stopped.listening, elsewhere.rootToken)
  const account = await newAccount(elsewhere.root)
  const key = await newKey(elsewhere.root, account)
  const ask = (count: number) =>
    Array.from({ length: count }, () => root.post('/v1/verify', { token: key.token }))
  const reads = async () =>
    /aeon_keys_credential_reads_total (\d+)/.exec((await root.get('/metrics')).text)?.[1]

  // All at once, so that as many connections stay open.
  await until('it answers from memory', async () => {
    const before = await reads()
    for (const { body } of await Promise.all(ask(5))) t.equal(body.valid, true)
    return (await reads()) === before
  })
  stopped.signal('SIGSTOP')
  await until('it is stopped', async () => /^\d+ \(.*\) T /.test(await statOf(stopped.pid)))
  const sent = ask(5)
  const stoppedAt = performance.now()
  const revoked = await elsewhere.root.post(`/v1/accounts/${account}/api-keys/${key.id}/revoke`, {
    wait_ms: 30_000,
  })
  t.match(revoked.body.receipt, { state: 'complete', waiting_for: [] })
  t.ok(performance.now() - stoppedAt > 2_000, 'it waited for the lease of the stopped one to end')
  sent.push(...ask(10))
  stopped.signal('SIGCONT')
  sent.push(...ask(5))

  const answers = await Promise.all(sent)
  t.equal(answers.length, 20)
  for (const { status, body } of answers) {
    t.not(body.valid, true)
    t.ok(status === 503 || body.reason === 'revoked', 'denied, or not judged')
  }
  await until(
    'it denies',
    async () => (await root.post('/v1/verify', { token: key.token })).status === 200,
  )
  t.match(await root.verify(key.token), { valid: false, reason: 'revoked' })
  t.equal(await stopped.stop(), 0)
})

function statOf(pid: number): Promise<string> {
  return readFile(`/proc/${pid}/stat`, 'utf8')
}
