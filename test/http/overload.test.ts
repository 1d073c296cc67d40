import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'tap'
import { sealJwtForm } from '../../src/domain/token/jwt-form.ts'
import { parseToken } from '../../src/domain/token/token.ts'
import { startCheckedService } from '../helpers/checked-service.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { connectRaw } from '../helpers/instances.ts'
import { runOpenLoad } from '../helpers/load.ts'
import { untilBlocked } from '../helpers/locks.ts'
import { assertProblem } from '../helpers/problems.ts'
import { until } from '../helpers/until.ts'

/**
 * Far more first verifications than the service can answer in time: an Argon2 of this profile takes
 * more than 10 ms on any machine, so all take at least 6 s, and each may wait for 0.3 s.
 */
const asked = 600
const maxWaitMs = 300

test('a flood of first verifications is refused by 503, and delays nothing else', async (t) => {
  const { root, rootToken, service } = await startCheckedService(t, {
    settings: {
      HASH_PROFILE: 'password',
      HASH_CONCURRENCY: '1',
      HASH_WAIT_MAX_MS: String(maxWaitMs),
      LOG_LEVEL: 'warn',
    },
  })
  const { deps } = service
  const url = await service.app.listen({ host: '127.0.0.1', port: 0 })
  const account = await newAccount(root)
  const hot = await newKey(root, account)
  const { token: text } = await newKey(root, account)
  const token = parseToken(text)
  if (token === undefined) throw new Error('no token was issued')
  for (const key of [hot.token, text]) t.equal((await root.verify(key)).valid, true)
  // Each text is presented for the first time: it costs a read and an Argon2.
  const tokenOf = (index: number) =>
    sealJwtForm({
      token,
      issuedAt: new Date(index * 1_000),
      expiresAt: null,
      tagKey: deps.keyring.signing,
    })

  let isOver = false
  let mostWaiting = 0
  const watching = (async () => {
    while (!isOver) {
      mostWaiting = Math.max(mostWaiting, deps.hasher.queue.waiting)
      for (const path of ['/livez', '/readyz', '/metrics']) {
        const answer = await root.call('GET', path)
        if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}`)
      }
      if (!(await root.verify(hot.token)).valid) throw new Error('A hot key was denied.')
      await sleep(20)
    }
  })()
  const samples = await runOpenLoad({
    url,
    callerToken: rootToken,
    tokenOf,
    perSecond: asked,
    seconds: 1,
  })
  isOver = true
  await watching
  const accepted = samples.filter(({ status }) => status === 200)
  const refused = samples.filter(({ status }) => status !== 200)
  t.equal(samples.length, asked)
  t.ok(accepted.length >= 1, `${accepted.length} of ${asked} were served`)
  t.ok(refused.length > asked / 2, `${refused.length} of ${asked} were refused`)
  for (const { status, code, retryAfter } of refused) {
    if (status !== 503 || code !== 'overloaded' || !/^[1-9]\d*$/.test(retryAfter ?? '')) {
      t.fail(`refused by ${status} ${code} ${retryAfter}`)
    }
  }
  t.ok(mostWaiting < asked / 2, `${mostWaiting} waited at once`)
  await until(() => deps.hasher.queue.running === 0 && deps.loads.size === 0)
  t.equal((await root.verify(tokenOf(asked))).valid, true, 'what comes afterwards is served')
})

test('requests beyond DATABASE_QUEUE_MAX are 503 overloaded, and hot keys are verified', async (t) => {
  const { root, database, service } = await startCheckedService(t, {
    settings: {
      DATABASE_POOL_MAX: '1',
      DATABASE_QUEUE_MAX: '5',
      DATABASE_CONNECT_TIMEOUT_MS: '60000',
    },
  })
  const account = await newAccount(root)
  const { token } = await newKey(root, account)
  t.equal((await root.verify(token)).valid, true)
  const raw = await connectRaw(t, database.url)
  await raw.query('begin; lock table api_key in access exclusive mode')
  const list = () => root.get(`/v1/accounts/${account}/api-keys`)
  const first = list()
  await untilBlocked(raw)
  const waiting = [list(), list(), list(), list(), list()]
  await until(async () => {
    const { text } = await root.get('/metrics')
    return /^aeon_keys_pool_waiting 5$/m.test(text)
  })
  for (let more = 0; more < 20; more += 1) {
    const answer = await list()
    assertProblem(t, answer, { status: 503, code: 'overloaded' }, 'one too many')
    t.match(answer.headers['retry-after'], /^[1-9]\d*$/)
  }
  t.equal((await root.verify(token)).valid, true, 'what memory answers waits for nothing')
  const batch = await root.post('/v1/verify/batch', { attempts: [{ token }] })
  t.match(batch, { status: 200, body: { verdicts: [{ valid: true }] } }, 'nor do many at once')
  t.match(await root.get('/readyz'), { status: 200 })
  await raw.query('commit')
  for (const answer of await Promise.all([first, ...waiting])) t.equal(answer.status, 200)
  t.equal((await list()).status, 200)
  t.equal(service.deps.hasher.queue.waiting, 0)
})
