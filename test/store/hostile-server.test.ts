/** What a server or a pooler does rarely, by a proxy that does it on purpose. */
import t, { type Test } from 'tap'
import { probeIsolation } from '../../src/store/isolation-probe.ts'
import { createTestDatabase } from '../helpers/database.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { connectRaw } from '../helpers/instances.ts'
import { assertProblem } from '../helpers/problems.ts'
import { startTestService, type TestService } from '../helpers/service.ts'
import { answerAsYugabyte } from '../helpers/yugabyte-alike.ts'
import { type FaultPlan, isCommit, pass } from '../hostile/fault-plan.ts'
import { startHostileProxy } from '../hostile/hostile-proxy.ts'
import { targetOf } from '../hostile/target.ts'

t.test('a list is read again after a serialization failure or a deadlock', async (t) => {
  for (const code of ['40001', '40P01']) {
    const { service, meet } = await behindProxy(t)
    const account = await newAccount(service.root)
    const { id } = await newKey(service.root, account)
    const count = meet(1, ({ status, text }) =>
      status === 'T' && /api_key/.test(text) ? { kind: 'refuse', code } : pass,
    )
    const { status, body } = await service.root.get(`/v1/accounts/${account}/api-keys`)
    t.match({ status, body }, { status: 200, body: { api_keys: [{ id }] } })
    t.equal(count(), 1, code)
  }
})

t.test('what is read by one statement is read again after a loss', async (t) => {
  const { service, meet } = await behindProxy(t)
  const { root } = service
  const account = await newAccount(root)
  const { id, token } = await newKey(root, account)
  const at = `/v1/accounts/${account}`
  const ofAeon = '/api/public/v1/accounts'
  const reads: readonly (readonly [string, RegExp, () => Promise<{ readonly status: number }>])[] =
    [
      ['a key', /api_key/, () => root.get(`${at}/api-keys/${id}`)],
      ['an account', /from "account"/, () => root.get(at)],
      ['the catalogue', /permission_catalogue/, () => root.get('/v1/permissions')],
      ['a key by its token', /credential/, () => service.as(token).get('/v1/me')],
      ['the last change of an account', /audit/, () => service.as(token).get(ofAeon)],
      [
        'a key to rotate',
        /api_key/,
        () => root.post(`${at}/api-keys/${id}/rotate`, { overlap_seconds: 0 }),
      ],
    ]
  for (const [what, read, request] of reads) {
    const count = meet(1, ({ status, text }) =>
      status === 'I' && read.test(text) ? { kind: 'refuse', code: '40001' } : pass,
    )
    t.match(await request(), { status: /^20[01]$/ }, what)
    t.equal(count(), 1, what)
  }
})

t.test(
  'the probe of READ COMMITTED is repeated after a loss at a statement or COMMIT',
  async (t) => {
    const outcomes = [
      [/^select value from "isolation_probe"/, { kind: 'refuse', code: '40P01' }],
      [/^commit/i, { kind: 'fail commit', code: '40001', isCommitted: false }],
    ] as const
    for (const [what, outcome] of outcomes) {
      const { service, meet } = await behindProxy(t)
      const { db } = service.service.deps
      const count = meet(1, ({ text }) => (what.test(text) ? outcome : pass))
      t.equal(await probeIsolation({ db, otherDb: db }), 'read_committed')
      t.equal(count(), 1, outcome.code)
    }
  },
)

t.test('an act is repeated from its start when COMMIT fails with a loss', async (t) => {
  const { service, meet } = await behindProxy(t)
  const account = await newAccount(service.root)
  const count = meet(2, ({ text }) =>
    isCommit(text) ? { kind: 'fail commit', code: '40001', isCommitted: false } : pass,
  )
  const { id } = await newKey(service.root, account)
  t.equal(count(), 2)
  const { body } = await service.root.get(`/v1/accounts/${account}/api-keys`)
  t.same(
    body.api_keys.map((key: { id: string }) => key.id),
    [id],
    'there is one key, not three',
  )
})

t.test('a connection lost at COMMIT is outcome_unknown, committed or not', async (t) => {
  for (const kind of ['cut before', 'cut after'] as const) {
    const { service, meet } = await behindProxy(t)
    const account = await newAccount(service.root)
    const { id } = await newKey(service.root, account)
    const at = `/v1/accounts/${account}/api-keys/${id}`
    const count = meet(1, ({ text }) => (isCommit(text) ? { kind } : pass))
    const answer = await service.root.post(`${at}/revoke`)
    assertProblem(t, answer, { status: 503, code: 'outcome_unknown' }, kind)
    t.equal(count(), 1)
    const { body } = await service.root.get(at)
    t.equal(body.api_key.status, kind === 'cut before' ? 'active' : 'revoked')
    t.match(await service.root.post(`${at}/revoke`), { status: 200 }, 'and can be repeated')
  }
})

t.test('on YugabyteDB each connection may tell of another start of its server', async (t) => {
  const { service } = await behindProxy(t, { hasManyStarts: true }, '2025.2.3.1')
  const account = await newAccount(service.root)
  const { id, token } = await newKey(service.root, account)
  t.match(await service.root.verify(token), { valid: true })
  t.match(await service.root.post(`/v1/accounts/${account}/api-keys/${id}/revoke`), { status: 200 })
  t.match(await service.root.verify(token), { valid: false, reason: 'revoked' })
})

async function behindProxy(
  t: Test,
  also: Partial<FaultPlan> = {},
  yugabyteVersion?: string,
): Promise<{
  service: TestService
  meet: (times: number, outcome: FaultPlan['ofRequest']) => () => number
}> {
  let ofRequest: FaultPlan['ofRequest'] = () => pass
  let answers = 0
  const database = await createTestDatabase()
  t.teardown(() => database.drop())
  if (yugabyteVersion !== undefined) {
    await answerAsYugabyte(await connectRaw(t, database.url), yugabyteVersion)
  }
  const { target, through } = targetOf(database.url)
  const proxy = await startHostileProxy(target, {
    ofRequest: (request) => ofRequest(request),
    ofNotification: () => 'once',
    delayMs: () => 0,
    isFragmented() {
      answers += 1
      return answers % 20 === 0
    },
    hasAside: () => true,
    ignoresListen: false,
    commitsDefinitions: false,
    hasManyStarts: false,
    ...also,
  })
  t.teardown(() => proxy.close())
  const behind = { ...database, url: through(proxy.port) }
  const service = await startTestService(t, { database: behind })
  return { service, meet }

  /** Lets so many requests of the pools have another outcome than to pass. */
  function meet(times: number, outcome: FaultPlan['ofRequest']): () => number {
    let met = 0
    ofRequest = (request) => {
      if (met >= times || request.application !== 'aeon-keys') return pass
      const found = outcome(request)
      if (found !== pass) met += 1
      return found
    }
    return () => met
  }
}
