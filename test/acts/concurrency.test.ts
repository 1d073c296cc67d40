import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { Client } from 'pg'
import t from 'tap'
import type { Catalogue } from '../../src/domain/permission.ts'
import { verifyAuditLog } from '../../src/management/audit/verify-audit-log.ts'
import { applyCatalogue, requireCatalogue } from '../../src/management/roles/catalogue.ts'
import {
  type IsolationLevel,
  isolationLevels,
  type OpenDatabase,
} from '../../src/store/database.ts'
import { isUnavailable } from '../../src/store/faults.ts'
import { migrate } from '../../src/store/migrate.ts'
import { inTransaction } from '../../src/store/transaction.ts'
import { age } from '../helpers/age.ts'
import type { Answer, Api } from '../helpers/api.ts'
import {
  createEmptyDatabase,
  createImpatientDatabase,
  createTestDatabase,
  openTestDatabase,
  type TestDatabase,
} from '../helpers/database.ts'
import { newAccount, newAllowList, newKey, newRole } from '../helpers/fixtures.ts'
import { connectRaw } from '../helpers/instances.ts'
import { untilBlocked } from '../helpers/locks.ts'
import { ownMigrations } from '../helpers/next-version.ts'
import { startTestService } from '../helpers/service.ts'

const rounds = 4
const atOnce = 6

for (const isolation of isolationLevels) {
  t.test(`concurrent acts under ${isolation}`, async (t) => {
    const database = await createImpatientDatabase(t)
    const started = await startTestService(t, { database, isolation })
    const { root, as } = started
    const raw = await connectRaw(t, database.url)

    t.test('of concurrent issues under one name one succeeds', async (t) => {
      const account = await newAccount(root)
      for (let round = 0; round < rounds; round += 1) {
        const body = { name: `n${round}`, role: 'viewer', expires_at: null }
        const answers = await times(atOnce, () => root.post(keysOf(account), body))
        t.same(statusesOf(answers), [201, ...Array(atOnce - 1).fill(409)])
      }
      t.equal(await countOf(raw, 'api_key', account), rounds)
    })

    t.test('of concurrent issues under the name of an expired key one succeeds', async (t) => {
      const account = await newAccount(root)
      for (let round = 0; round < rounds; round += 1) {
        const body = { name: `n${round}`, role: 'viewer', expires_at: null }
        const soon = new Date(Date.now() + 60_000).toISOString()
        await newKey(root, account, { ...body, expires_at: soon })
        await age(started.database.url, 61_000)
        const answers = await times(atOnce, () => root.post(keysOf(account), body))
        t.same(statusesOf(answers), [201, ...Array(atOnce - 1).fill(409)])
      }
    })

    t.test('a role or list is never deleted while a key is issued with it', async (t) => {
      const account = await newAccount(root)
      const issuing = (name: string, use: object) =>
        root.post(keysOf(account), { name, role: 'viewer', expires_at: null, ...use })
      for (const [table, path, make, useOf] of [
        [
          'role',
          rolesOf(account),
          (name: string) => newRole(root, account, name, []),
          (id: string) => ({ role: id }),
        ],
        [
          'allow_list',
          listsOf(account),
          (name: string) => newAllowList(root, account, ['10.0.0.0/8'], name),
          (id: string) => ({ allow_list_ids: [id] }),
        ],
      ] as const) {
        for (let round = 0; round < rounds; round += 1) {
          const name = `${table} ${round}`
          const id = await make(name)
          const answers = await Promise.all([
            issuing(name, useOf(id)),
            root.delete(`${path}/${id}`),
          ])
          const outcome = answers.map((answer) => answer.status).join(' ')
          t.ok(['201 409', '400 204'].includes(outcome), outcome)
        }
        for (const issueFirst of [true, false]) {
          const name = `${table}, ${issueFirst ? 'issue' : 'delete'} first`
          const id = await make(name)
          const acts = [() => issuing(name, useOf(id)), () => root.delete(`${path}/${id}`)]
          if (!issueFirst) acts.reverse()
          // Each waits at the row, in the order of their coming.
          await raw.query('begin')
          await raw.query(`select from ${table} where id = $1 for update`, [id])
          const first = acts[0]?.()
          await untilBlocked(raw, 1)
          const second = acts[1]?.()
          await untilBlocked(raw, 2)
          await raw.query('commit')
          const outcome = [(await first)?.status, (await second)?.status]
          t.same(outcome, issueFirst ? [201, 409] : [204, 400], name)
        }
      }
    })

    t.test('concurrent revocations of one key revoke it once', async (t) => {
      const account = await newAccount(root)
      for (let round = 0; round < rounds; round += 1) {
        const { id } = await newKey(root, account)
        const answers = await times(atOnce, (index) =>
          root.post(`${keysOf(account)}/${id}/revoke`, { reason: `reason ${index}` }),
        )
        t.same(statusesOf(answers), Array(atOnce).fill(200))
        const reasons = answers.map((answer) => answer.body.api_key.revocation_reason)
        t.equal(new Set(reasons).size, 1, 'and all return the one revocation')
      }
    })

    t.test('concurrent disabling and enabling end in one of the two states', async (t) => {
      const account = await newAccount(root)
      const { id, token } = await newKey(root, account)
      for (let round = 0; round < rounds; round += 1) {
        const answers = await times(atOnce, (index) =>
          root.post(`${keysOf(account)}/${id}/${index % 2 === 0 ? 'disable' : 'enable'}`),
        )
        for (const [index, { status, body }] of answers.entries()) {
          t.equal(status, 200)
          t.equal(body.api_key.status, index % 2 === 0 ? 'disabled' : 'active')
        }
        const shown = await root.get(`${keysOf(account)}/${id}`)
        const verdict = await root.verify(token)
        t.equal(verdict.valid, shown.body.api_key.status === 'active')
      }
    })

    t.test('a role widened concurrently is not issued by a weaker key', async (t) => {
      const account = await newAccount(root)
      const issuerRole = await newRole(root, account, 'i', ['api_key:create', 'cluster:read'])
      const issuer = as((await newKey(root, account, { role: issuerRole })).token)
      for (let round = 0; round < rounds; round += 1) {
        const name = `r${round}`
        const role = await newRole(root, account, name, ['cluster:read'])
        const [put, ...issued] = await Promise.all([
          root.put(`/v1/accounts/${account}/roles/${role}`, {
            name,
            permissions: ['cluster:delete'],
          }),
          ...Array.from({ length: 4 }, (_, index) =>
            issuer.post(keysOf(account), { name: `${name} ${index}`, role, expires_at: null }),
          ),
        ])
        t.equal(put?.status, 200)
        for (const answer of issued) t.ok([201, 403].includes(answer.status), `${answer.status}`)
        const late = { name: `${name} late`, role, expires_at: null }
        t.equal((await issuer.post(keysOf(account), late)).status, 403)
      }
    })

    t.test('no change by a key is committed after its revocation', async (t) => {
      const account = await newAccount(root)
      const target = await newKey(root, account)
      const role = await newRole(root, account, 'r', [])
      const list = await newAllowList(root, account, ['10.0.0.0/8'])
      const acts: readonly (readonly [string, (author: Api) => Promise<Answer>])[] = [
        ['issue', (author) => author.post(keysOf(account), keyBody)],
        ['revoke', (author) => author.post(`${keysOf(account)}/${target.id}/revoke`)],
        [
          'change',
          (author) =>
            author.call('PATCH', `${keysOf(account)}/${target.id}`, {
              body: { name: 'x' },
              headers: { 'if-match': '*' },
            }),
        ],
        [
          'rotate',
          (author) =>
            author.post(`${keysOf(account)}/${target.id}/rotate`, { overlap_seconds: 60 }),
        ],
        ['rotate itself', (author) => author.post('/v1/me/rotate', { overlap_seconds: 60 })],
        ['disable', (author) => author.post(`${keysOf(account)}/${target.id}/disable`)],
        ['enable', (author) => author.post(`${keysOf(account)}/${target.id}/enable`)],
        [
          'define a role',
          (author) => author.post(rolesOf(account), { name: 'x', permissions: [] }),
        ],
        [
          'replace a role',
          (author) => author.put(`${rolesOf(account)}/${role}`, { name: 'x', permissions: [] }),
        ],
        ['delete a role', (author) => author.delete(`${rolesOf(account)}/${role}`)],
        ['make a list', (author) => author.post(listsOf(account), { name: 'x', entries: ['::1'] })],
        [
          'change a list',
          (author) => author.patch(`${listsOf(account)}/${list}`, { entries: ['::1'] }),
        ],
        ['delete a list', (author) => author.delete(`${listsOf(account)}/${list}`)],
      ]
      const before = await snapshotOf(raw, account)
      const keysMade: string[] = []
      for (const [name, act] of acts) {
        const author = await newKey(root, account)
        keysMade.push(author.id)
        await as(author.token).get('/v1/me')
        await raw.query('begin')
        await raw.query('select from api_key where id = $1 for update', [author.id])
        const answered = act(as(author.token))
        await untilBlocked(raw)
        await raw.query(
          `update api_key set revoked_at = now(), revoked_by_kind = 'system', live = null where id = $1`,
          [author.id],
        )
        await raw.query('commit')
        t.match(await answered, { status: 401, body: { code: 'unauthenticated' } }, name)
      }
      t.same(await snapshotOf(raw, account, keysMade), before, 'and nothing was')
    })

    t.test('no change is committed by a permission that was taken away meanwhile', async (t) => {
      const account = await newAccount(root)
      const role = await newRole(root, account, 'r', ['api_key:create'])
      const author = as((await newKey(root, account, { role })).token)
      await author.get('/v1/me')
      await raw.query('begin')
      await raw.query('select from role where id = $1 for update', [role])
      const answered = author.post(keysOf(account), { ...keyBody, role })
      await untilBlocked(raw)
      await raw.query(`update role set effective_account = '{}' where id = $1`, [role])
      await raw.query('commit')
      t.match(await answered, { status: 403, body: { code: 'permission_denied' } })
    })

    t.test('of two keys that revoke each other concurrently one survives', async (t) => {
      const account = await newAccount(root)
      for (let round = 0; round < rounds; round += 1) {
        const one = await newKey(root, account)
        const other = await newKey(root, account)
        const answers = await Promise.all([
          as(one.token).post(`${keysOf(account)}/${other.id}/revoke`),
          as(other.token).post(`${keysOf(account)}/${one.id}/revoke`),
        ])
        t.same(statusesOf(answers), [200, 401])
      }
    })

    t.test('a key that revokes itself many times at once is revoked once', async (t) => {
      const account = await newAccount(root)
      const { id, token } = await newKey(root, account)
      await as(token).get('/v1/me')
      for (const verb of ['enable', 'disable', 'revoke'] as const) {
        const many = await times(atOnce, () => as(token).post(`${keysOf(account)}/${id}/${verb}`))
        const others = verb === 'enable' ? 200 : 401
        t.same(statusesOf(many), [200, ...Array(atOnce - 1).fill(others)], verb)
        if (verb === 'disable') await root.post(`${keysOf(account)}/${id}/enable`)
      }
    })

    t.test(
      'two role administrators who edit each other concurrently do not deadlock',
      async (t) => {
        const account = await newAccount(root)
        const permissions = ['role:update', 'cluster:read']
        const roles = [
          await newRole(root, account, 'one', permissions),
          await newRole(root, account, 'other', permissions),
        ]
        const authors = await Promise.all(
          roles.map(async (role) => as((await newKey(root, account, { role })).token)),
        )
        const put = (author: number, role: number, round: number) =>
          authors[author]?.put(`${rolesOf(account)}/${roles[role]}`, {
            name: `role ${role} ${round}`,
            permissions,
          })
        for (let round = 0; round < rounds; round += 1) {
          const crossed = await Promise.all([put(0, 1, round), put(1, 0, round)])
          t.same(
            crossed.map((answer) => answer?.status),
            [200, 200],
          )
        }
        const own = await times(atOnce, (index) => put(0, 0, index) ?? Promise.reject())
        t.same(statusesOf(own), Array(atOnce).fill(200))
        const remover = await newRole(root, account, 'remover', ['role:delete'])
        const author = as((await newKey(root, account, { role: remover })).token)
        const removed = await times(atOnce, () => author.delete(`${rolesOf(account)}/${remover}`))
        t.same(statusesOf(removed), Array(atOnce).fill(409))
      },
    )

    t.test('concurrent creations of one account create it once and all return it', async (t) => {
      for (let round = 0; round < rounds; round += 1) {
        const id = randomUUID()
        const answers = await times(atOnce, () => root.post('/v1/accounts', { id, name: 'Acme' }))
        t.same(statusesOf(answers), [...Array(atOnce - 1).fill(200), 201])
        t.equal(await countOf(raw, 'role', id), 3)
        const other = randomUUID()
        const named = await times(atOnce, (index) =>
          root.post('/v1/accounts', { id: other, name: `name ${index}` }),
        )
        t.same(statusesOf(named), [201, ...Array(atOnce - 1).fill(409)])
        const project = randomUUID()
        const shared = await times(atOnce, () =>
          root.post('/v1/accounts', { name: 'Acme', project_id: project }),
        )
        t.same(statusesOf(shared), [201, ...Array(atOnce - 1).fill(409)], 'nor is a project')
      }
    })

    t.test('a role defined while the catalogue changes uses the new catalogue', async (t) => {
      const { deps } = started.service
      const before = await requireCatalogue(deps.db)
      const after: Catalogue = before.map((entry) =>
        entry.name === 'cluster:read' ? { ...entry, implies: ['backup:read'] } : entry,
      )
      const account = await newAccount(root)
      await raw.query('begin')
      await raw.query(
        `insert into role select gen_random_uuid(), account_id, platform, 'x', 'x', '', false,
           '{}', '{}', '{}', now(), now(), null, true
         from role where account_id = $1 limit 1`,
        [account],
      )
      const defined = root.post(rolesOf(account), { name: 'x', permissions: ['cluster:read'] })
      await untilBlocked(raw)
      const applied = applyCatalogue(deps, after)
      await Promise.race([applied, untilBlocked(raw, 2)])
      await raw.query('rollback')
      t.equal((await defined).status, 201)
      t.equal(await applied, true)
      const { rows } = await raw.query(
        `select effective_account from role where account_id = $1 and name = 'x'`,
        [account],
      )
      t.same(rows, [{ effective_account: ['backup:read', 'cluster:read'] }])
      await applyCatalogue(deps, before)
    })

    t.test('the audit log of all concurrent acts is whole', async (t) => {
      t.match(await verifyAuditLog(started.service.deps, []), { breaks: [] })
    })
  })

  t.test(`concurrent first starts under ${isolation} bootstrap once`, async (t) => {
    const database = await createTestDatabase()
    t.teardown(() => database.drop())
    const services = await times(3, () => startTestService(t, { database, isolation }))
    const first = services.filter(({ service }) => service.isFirstStart)
    t.equal(first.length, 1)
    t.equal(services.filter(({ rootToken }) => rootToken !== '').length, 1, 'one root token')
    const raw = await connectRaw(t, database.url)
    const { rows } = await raw.query(`
      select (select count(*)::int from account) as accounts, (select count(*)::int from role) as roles,
        (select count(*)::int from api_key) as keys, (select count(*)::int from tag_key) as tag_keys`)
    t.same(rows, [{ accounts: 1, roles: 4, keys: 1, tag_keys: 1 }])
    for (const { as } of services) {
      t.equal((await as(first[0]?.rootToken).get('/v1/me')).status, 200, 'which all take')
    }
  })
}

t.test('20 processes that migrate an empty database at once run each migration once', async (t) => {
  const database = await createEmptyDatabase()
  t.teardown(() => database.drop())
  const opened = Array.from({ length: 20 }, () => open(database, 1))
  t.teardown(() => Promise.all(opened.map(({ db }) => db.destroy())))
  const ran = await Promise.all(opened.map(({ db }) => migrate(db)))
  t.same(ran.flat().sort(), await ownMigrations())
})

t.test('a transaction that lost a conflict is retried', async (t) => {
  const database = await createImpatientDatabase(t)
  const raw = await connectRaw(t, database.url)
  await raw.query('create table place (id integer primary key, visits integer not null)')
  await raw.query('insert into place values (1, 0), (2, 0)')
  const idempotent = open(database, 2, 'repeatable read')
  const committed = open(database, 2)
  t.teardown(() => Promise.all([idempotent.db.destroy(), committed.db.destroy()]))
  const visit = (id: number) => sql`update place set visits = visits + 1 where id = ${id}`
  const visits = async () =>
    (await raw.query('select visits from place order by id')).rows.map((row) => row.visits)

  t.test('a transaction is retried after a serialization failure', async (t) => {
    let attempts = 0
    await inTransaction(idempotent.db, async (trx) => {
      attempts += 1
      await sql`select from place`.execute(trx)
      if (attempts === 1) await raw.query('update place set visits = 10 where id = 1')
      await visit(1).execute(trx)
    })
    t.equal(attempts, 2)
    t.same(await visits(), [11, 0], 'and does once what it does')
  })

  t.test('a transaction is retried after a deadlock', async (t) => {
    await raw.query(`set deadlock_timeout = '10min'`)
    await raw.query('begin; update place set visits = 20 where id = 2')
    let attempts = 0
    let crossing: Promise<unknown> = Promise.resolve()
    await inTransaction(committed.db, async (trx) => {
      attempts += 1
      await visit(1).execute(trx)
      if (attempts === 1) {
        crossing = raw
          .query('update place set visits = 20 where id = 1')
          .then(() => raw.query('commit'))
        crossing.catch(() => undefined)
      }
      await visit(2).execute(trx)
    })
    await crossing
    t.equal(attempts, 2)
    t.same(await visits(), [21, 21])
  })

  t.test('a transaction is not retried for ever, and then counts as an outage', async (t) => {
    let attempts = 0
    const lost = inTransaction(idempotent.db, async (trx) => {
      attempts += 1
      await sql`select from place`.execute(trx)
      await raw.query('update place set visits = 0 where id = 1')
      await visit(1).execute(trx)
    })
    const error = await lost.catch((error: unknown) => error)
    t.match(error, { code: '40001' })
    t.ok(isUnavailable(error))
    t.equal(attempts, 8)
  })

  t.test('a transaction is not retried after any other error', async (t) => {
    let attempts = 0
    const failed = inTransaction(committed.db, async (trx) => {
      attempts += 1
      await sql`insert into place values (1, 0)`.execute(trx)
    })
    await t.rejects(failed, { code: '23505' })
    t.equal(attempts, 1)
  })
})

const keyBody = { name: 'in flight', role: 'viewer', expires_at: null }

function keysOf(account: string): string {
  return `/v1/accounts/${account}/api-keys`
}

function rolesOf(account: string): string {
  return `/v1/accounts/${account}/roles`
}

function listsOf(account: string): string {
  return `/v1/accounts/${account}/allow-lists`
}

function times<T>(count: number, act: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => act(index)))
}

function statusesOf(answers: readonly Answer[]): number[] {
  return answers.map((answer) => answer.status).sort()
}

function open(
  database: TestDatabase,
  poolMax: number,
  isolation: IsolationLevel = 'read committed',
): OpenDatabase {
  return openTestDatabase(database.url, { poolMax, isolation })
}

async function countOf(
  client: Client,
  table: 'api_key' | 'role',
  account: string,
): Promise<number> {
  const { rowCount } = await client.query(`select from ${table} where account_id = $1`, [account])
  return rowCount ?? 0
}

/** All keys, roles and lists of an account but for some keys. */
async function snapshotOf(
  client: Client,
  account: string,
  without: readonly string[] = [],
): Promise<unknown[]> {
  const { rows } = await client.query(
    `select row_to_json(x)::text as it from api_key x where account_id = $1 and id <> all ($2)
     union all select row_to_json(x)::text from role x where account_id = $1
     union all select row_to_json(x)::text from allow_list x where account_id = $1
     order by 1`,
    [account, without],
  )
  return rows
}
