/** The audit events that no act causes: denials and expiries. */
import t from 'tap'
import { logHeads } from '../../src/management/audit/log-heads.ts'
import { countExpiringKeys, sweepExpiries } from '../../src/management/audit/sweep-expiries.ts'
import { verifyAuditLog } from '../../src/management/audit/verify-audit-log.ts'
import { pruneDenials } from '../../src/store/denials.ts'
import { age } from '../helpers/age.ts'
import type { Json } from '../helpers/api.ts'
import { auditLogOf } from '../helpers/audit-log.ts'
import { createTestDatabase } from '../helpers/database.ts'
import { newAccount, newAllowList, newKey } from '../helpers/fixtures.ts'
import { connectRaw } from '../helpers/instances.ts'
import { startTestService } from '../helpers/service.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

t.test(
  'denials of authentic keys are counted, with one audit event a key, reason and hour',
  async (t) => {
    const started = await startTestService(t)
    const { root, service, clock } = started
    const { deps } = service
    const raw = await connectRaw(t, started.database.url)
    // The middle of an hour, so that the test does not run into the next.
    clock.offsetMs = hourMs / 2 - (Date.now() % hourMs)
    const account = await newAccount(root)
    const path = `/v1/accounts/${account}/api-keys`
    const list = await newAllowList(root, account, ['192.0.2.1'])
    const revoked = await newKey(root, account, { name: 'revoked' })
    const bound = await newKey(root, account, { name: 'bound', allow_list_ids: [list] })
    const expired = await newKey(root, account, {
      name: 'expired',
      expires_at: new Date(Date.now() + clock.offsetMs + 60_000).toISOString(),
    })
    const good = await newKey(root, account, { name: 'good' })
    await root.post(`${path}/${revoked.id}/revoke`)
    const before = (await auditLogOf(raw, account)).length

    const once = async () => {
      await root.verify(revoked.token, { client_ip: '203.0.113.9' })
      await root.verify(bound.token, { client_ip: '203.0.113.9' })
      await root.verify(expired.token)
      await root.verify(good.token, { permissions: ['cluster:create'] })
      await root.verify(good.token, { permissions: ['no:such'] })
      await root.verify(`${revoked.token.slice(0, -12)}_${'0'.repeat(11)}`)
      await root.post('/v1/verify/batch', { attempts: [{ token: revoked.token }] })
      t.equal((await started.as(revoked.token).get('/v1/me')).status, 401)
    }
    clock.offsetMs += 61_000
    await once()
    t.equal((await auditLogOf(raw, account)).length, before, 'no statement of a request writes it')
    await Promise.all([deps.denials.flush(deps), deps.denials.flush(deps)])
    await once()
    await deps.denials.flush(deps)

    const recorded = (await auditLogOf(raw, account)).slice(before)
    const byName = (name: string) => recorded.filter((event) => event.resource.name === name)
    t.equal(recorded.length, 3)
    t.match(byName('revoked'), [
      {
        action: 'api_key.denied',
        actor: { kind: 'system' },
        resource: { type: 'api_key', id: revoked.id },
        after: { reason: 'revoked', count: 3, client_ip: '203.0.113.9' },
      },
    ])
    t.match(byName('bound'), [
      { after: { reason: 'address_not_allowed', client_ip: '203.0.113.9' } },
    ])
    t.match(byName('expired'), [{ after: { reason: 'expired', client_ip: null } }])
    const counts = async () =>
      (await raw.query('select reason, count::int from api_key_denial order by reason, hour')).rows
    t.same(await counts(), [
      { reason: 'address_not_allowed', count: 2 },
      { reason: 'expired', count: 2 },
      { reason: 'revoked', count: 6 },
    ])

    clock.offsetMs += hourMs
    await root.verify(revoked.token)
    await deps.denials.flush(deps)
    t.equal(
      (await auditLogOf(raw, account)).length,
      before + 4,
      'an hour later it is recorded again',
    )
    t.match(await verifyAuditLog(deps, []), { breaks: [] })

    await pruneDenials(deps.db, new Date(Date.now() + clock.offsetMs - hourMs))
    t.equal((await counts()).length, 1)
  },
)

t.test('denials that could not be written to the audit log are written later', async (t) => {
  const started = await startTestService(t)
  const { root, service } = started
  const { deps } = service
  const raw = await connectRaw(t, started.database.url)
  const account = await newAccount(root)
  const key = await newKey(root, account)
  await root.post(`/v1/accounts/${account}/api-keys/${key.id}/revoke`)
  await root.verify(key.token)
  await raw.query('alter table api_key_denial rename to elsewhere')
  await t.rejects(deps.denials.flush(deps))
  await root.verify(key.token)
  await raw.query('alter table elsewhere rename to api_key_denial')
  t.equal(deps.denials.size, 1)
  await deps.denials.flush(deps)
  t.match((await auditLogOf(raw, account)).at(-1), {
    action: 'api_key.denied',
    after: { count: 2 },
  })
})

t.test(
  'the audit log warns 30, 7 and 1 days before an expiry and records the expiry',
  async (t) => {
    const database = await createTestDatabase()
    t.teardown(() => database.drop())
    const first = await startTestService(t, { database })
    const second = await startTestService(t, { database, rootToken: first.rootToken })
    const raw = await connectRaw(t, database.url)
    const { root } = first
    const account = await newAccount(root)
    const inDays = (days: number) => new Date(Date.now() + days * dayMs).toISOString()
    const long = await newKey(root, account, { name: 'long', expires_at: inDays(90) })
    await newKey(root, account, { name: 'never' })
    await newKey(root, account, { name: 'short', expires_at: inDays(3) })
    const gone = await newKey(root, account, { name: 'gone', expires_at: inDays(90) })
    await root.post(`/v1/accounts/${account}/api-keys/${gone.id}/revoke`)

    const recorded = async (name: string) =>
      (await auditLogOf(raw, account))
        .filter((event) => event.resource.name === name && event.action.includes('expire'))
        .map((event) => event.after.days ?? event.action)
    let agedMs = 0
    const sweepAt = async (days: number) => {
      await age(database.url, days * dayMs + 60_000 - agedMs)
      agedMs = days * dayMs + 60_000
      // Both at once: one does it.
      await Promise.all([first, second].map(({ service }) => sweepExpiries(service.deps)))
    }
    await sweepAt(0)
    t.same(await recorded('long'), [])
    await age(database.url, 59 * dayMs)
    agedMs += 59 * dayMs
    await raw.query('begin')
    await raw.query("select from sweep where name = 'expires_in_1_day' for update")
    await sweepExpiries(second.service.deps)
    t.same(await recorded('short'), [], 'no expiry while another instance records the warnings')
    await raw.query('commit')
    await sweepAt(59)
    t.same(await recorded('long'), [])
    await sweepAt(60)
    await sweepAt(60)
    t.same(await recorded('long'), [30])
    t.same(
      await recorded('short'),
      [1, 'api_key.expired'],
      'what was past at its issue is not recorded',
    )
    // As after an outage of a month.
    await sweepAt(91)
    const shown = await root.get(`/v1/accounts/${account}/api-keys/${long.id}`)
    await sweepAt(92)
    t.same(await recorded('long'), [30, 7, 1, 'api_key.expired'])
    t.same(await recorded('never'), [])
    t.same(await recorded('gone'), [])
    const { after }: Json = (await auditLogOf(raw, account)).find(
      (event) => event.after?.days === 7,
    )
    t.same(after, { days: 7, expires_at: shown.body.api_key.expires_at })
    t.match(await verifyAuditLog(first.service.deps, []), { breaks: [] })

    await t.test(
      'keys that expire at the same moment are all recorded, over several batches',
      async (t) => {
        await age(database.url, -agedMs)
        agedMs = 0
        const other = await newAccount(root, 'Other')
        await newKey(root, other, { name: 'model', expires_at: inDays(200) })
        await raw.query(
          `insert into api_key (id, account_id, name, description, role_id, reach, token_prefix,
         created_at, created_by_kind, expires_at, live)
       select gen_random_uuid(), account_id, 'copy ' || n, '', role_id, reach, token_prefix,
         created_at, 'system', expires_at, true
       from api_key, generate_series(1, 450) n where account_id = $1`,
          [other],
        )
        await sweepAt(200)
        const actions = (await auditLogOf(raw, other)).map(
          (event) => event.after.days ?? event.action,
        )
        for (const stage of [30, 7, 1, 'api_key.expired']) {
          t.equal(actions.filter((action) => action === stage).length, 451, String(stage))
        }
      },
    )
  },
)

t.test('the metrics count the keys that expire soon', async (t) => {
  const { root, service, clock } = await startTestService(t)
  const account = await newAccount(root)
  for (const days of [0.5, 5, 6, 20, 40]) {
    const expires = new Date(Date.now() + days * dayMs).toISOString()
    await newKey(root, account, { expires_at: expires })
  }
  clock.offsetMs = dayMs
  service.deps.expiring.within = await countExpiringKeys(service.deps)
  const metrics = (await service.app.inject('/metrics')).body
  t.match(metrics, 'aeon_keys_expiring{days="1"} 0')
  t.match(metrics, 'aeon_keys_expiring{days="7"} 2')
  t.match(metrics, 'aeon_keys_expiring{days="30"} 3')
})

t.test('changed head hashes are logged once an hour, by one instance', async (t) => {
  const started = await startTestService(t)
  const { root, service, clock, logLines } = started
  const account = await newAccount(root)
  const lines = () => logLines.filter((line) => line.includes('"head hashes of the audit log"'))
  await logHeads(service.deps)
  t.same(lines(), [], 'not yet')
  clock.offsetMs = hourMs + 60_000
  await Promise.all([logHeads(service.deps), logHeads(service.deps)])
  const { heads } = await verifyAuditLog(service.deps, [])
  const logged = lines().flatMap((line) => JSON.parse(line).heads)
  const recorded = logged.find((head: Json) => head.account_id === account)
  const head = heads.find(({ accountId }) => accountId === account)
  t.same(recorded, { account_id: account, number: head?.number, link: head?.entryHash })
  t.equal(logged.filter((one: Json) => one.account_id === account).length, 1)
  clock.offsetMs = 3 * hourMs
  await logHeads(service.deps)
  t.equal(lines().length, 1, 'what has not moved is not logged again')
})
