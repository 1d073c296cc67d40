/** Whatever fails in TLS, while a connection to the database is made or used, is an outage. */
import t, { type Test } from 'tap'
import { startCheckedService } from '../helpers/checked-service.ts'
import { createTestDatabase } from '../helpers/database.ts'
import { newAccount } from '../helpers/fixtures.ts'
import { connectRaw } from '../helpers/instances.ts'
import { untilBlocked } from '../helpers/locks.ts'
import { assertProblem } from '../helpers/problems.ts'
import { type Handshake, makeCertificate, startTlsFront } from '../helpers/tls-front.ts'
import { until } from '../helpers/until.ts'

const unavailable = { status: 503, code: 'unavailable' }

t.test(
  'a TLS handshake with the database that fails is an outage with its cause in the log',
  async (t) => {
    const scene = await startScene(t)
    const { root, moment, logLines, front } = scene
    const account = await newAccount(root)
    const faults: readonly (Handshake | 'other certificate')[] = [
      'other certificate',
      'refuse',
      'close',
      'reset',
      'garbage',
      'garbage inside',
    ]
    for (const fault of faults) {
      const before = logLines.length
      if (fault === 'other certificate') front.certificate = scene.other
      else front.handshake = fault
      front.cut()
      await until(async () => (await root.get('/v1/accounts')).status === 503)
      for (const path of ['/v1/accounts', `/v1/accounts/${account}/roles`]) {
        const answer = await root.get(path)
        assertProblem(t, answer, unavailable, `${fault}: ${path}`)
        t.match(answer.headers['retry-after'], /^[1-9]\d*$/)
      }
      moment.monotonicMs += 3_600_000
      assertProblem(t, await root.get('/readyz'), unavailable, `${fault}: /readyz without a lease`)
      const causes = logLines
        .slice(before)
        .map((line) => JSON.parse(line))
        .filter(({ message }) => message === 'the database is unavailable')
      t.ok(causes.length >= 3 && causes.every(({ err }) => err.message !== ''), fault)
      front.certificate = scene.own
      front.handshake = 'complete'
      await until(async () => (await root.get('/readyz')).status === 200)
      await until(async () => (await root.get('/v1/accounts')).status === 200)
    }
  },
)

t.test('a TLS connection to the database that fails while it is used is an outage', async (t) => {
  const { root, database, front, logLines } = await startScene(t)
  const account = await newAccount(root)
  const raw = await connectRaw(t, database.url)
  await raw.query(`begin; select from account where id = '${account}' for update`)
  const creating = root.post(`/v1/accounts/${account}/roles`, { name: 'new', permissions: [] })
  await untilBlocked(raw)
  front.spoil()
  const answer = await creating
  assertProblem(t, answer, unavailable, 'an act under way')
  t.match(answer.headers['retry-after'], /^[1-9]\d*$/)
  await raw.query('commit')
  t.ok(logLines.some((line) => line.includes('the database is unavailable')))
  await until(async () => (await root.get('/v1/accounts')).status === 200)
})

async function startScene(t: Test) {
  const database = await createTestDatabase()
  t.teardown(() => database.drop())
  const folder = t.testdir({})
  const [own, other] = [makeCertificate(folder, 'own'), makeCertificate(folder, 'other')]
  const front = await startTlsFront(t, database.url, own)
  const { username, pathname } = new URL(database.url.replace('@/', '@x/'))
  const parameters = `sslmode=verify-full&sslrootcert=${own.cert}`
  const url = `postgres://${username}@localhost:${front.port}${pathname}?${parameters}`
  const service = await startCheckedService(t, {
    database: { ...database, url },
    settings: { LOG_LEVEL: 'info', DATABASE_CONNECT_TIMEOUT_MS: '5000' },
  })
  return { ...service, database, front, own, other }
}
