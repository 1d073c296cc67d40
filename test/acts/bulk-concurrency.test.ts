import type { Client } from 'pg'
import t, { type Test } from 'tap'
import { entryHashOf, genesisHash } from '../../src/domain/audit/entry-hash.ts'
import { isolationLevels } from '../../src/store/database.ts'
import type { Answer, Api, Json } from '../helpers/api.ts'
import { asAdmin, createTestDatabase } from '../helpers/database.ts'
import { type IssuedKey, newAccount, newAllowList, newKey, newRole } from '../helpers/fixtures.ts'
import { connectRaw } from '../helpers/instances.ts'
import { untilBlocked } from '../helpers/locks.ts'
import { startTestService } from '../helpers/service.ts'

const rounds = 3
const all = { filter: { all: true } }

for (const isolation of isolationLevels) {
  t.test(`concurrent bulk revocations under ${isolation}`, async (t) => {
    const database = await createTestDatabase()
    t.teardown(() => database.drop())
    await asAdmin((admin) =>
      admin.query(`alter database ${database.name} set deadlock_timeout = '20ms'`),
    )
    const started = await startTestService(t, { database, isolation })
    const { root, as, service } = started
    const raw = await connectRaw(t, database.url)
    const accounts: string[] = []
    const account = async () => {
      const id = await newAccount(root)
      accounts.push(id)
      return id
    }
    const bulk = (api: Api, id: string, body: object = all) =>
      api.post(`${keysOf(id)}/revoke`, body)

    /**
     * Two acts, each of which has done all but write its event, one after the other: what each
     * answers.
     */
    async function inTurn(id: string, acts: readonly (() => Promise<Answer>)[]): Promise<Answer[]> {
      await raw.query('begin')
      await raw.query('select from audit_chain where account_id = $1 for update', [id])
      const answers: Promise<Answer>[] = []
      for (const act of acts) {
        answers.push(act())
        await untilBlocked(raw, answers.length)
      }
      await raw.query('commit')
      return Promise.all(answers)
    }

    t.test('bulk revocation does not miss a key that is being issued', async (t) => {
      for (const author of ['the platform', 'a key of the account']) {
        const id = await account()
        const issuer = author === 'the platform' ? root : as((await newKey(root, id)).token)
        const [issued, revoked] = await inTurn(id, [
          () => issuer.post(keysOf(id), keyBody),
          () => bulk(root, id, { filter: { name_prefix: keyBody.name } }),
        ])
        t.match([issued, revoked], [{ status: 201 }, { status: 200, body: { count: 1 } }], author)
        t.match(await root.verify(issued?.body.token), { reason: 'revoked' }, author)
      }
    })

    t.test(
      'a key issued after a bulk revocation exists, unless its author was revoked',
      async (t) => {
        const id = await account()
        await newKey(root, id)
        const author = as((await newKey(root, id)).token)
        await author.get('/v1/me')
        const [revoked, issued, refused] = await inTurn(id, [
          () => bulk(root, id),
          () => root.post(keysOf(id), keyBody),
          () => author.post(keysOf(id), { ...keyBody, name: 'another' }),
        ])
        t.match(revoked?.body, { count: 2 })
        t.match(refused, { status: 401, body: { code: 'unauthenticated' } })
        t.equal((await root.verify(issued?.body.token)).valid, true)
      },
    )

    t.test(
      'a key revoked by two concurrent acts is attributed to one of them everywhere',
      async (t) => {
        for (const bulkFirst of [true, false]) {
          const id = await account()
          const keys = [await newKey(root, id), await newKey(root, id)]
          const one = `${keysOf(id)}/${keys[0]?.id}`
          const acts = [
            () => bulk(root, id),
            () => root.post(`${one}/revoke`, { reason: 'single' }),
          ]
          const [first, second] = await inTurn(id, bulkFirst ? acts : acts.toReversed())
          const [many, single] = bulkFirst ? [first, second] : [second, first]
          t.equal(many?.body.count, bulkFirst ? 2 : 1)
          const shown = await root.get(one)
          t.equal(shown.body.api_key.revocation_reason, bulkFirst ? null : 'single')
          t.equal(single?.body.api_key.revoked_at, shown.body.api_key.revoked_at)
          const isSame = single?.body.receipt.revision === many?.body.receipt.revision
          t.equal(isSame, bulkFirst, 'the receipt is of the act that did it')
        }
      },
    )

    t.test('a bulk revocation and a concurrent role edit both take effect', async (t) => {
      for (const bulkFirst of [true, false]) {
        const id = await account()
        const role = await newRole(root, id, 'r', ['role:update', 'cluster:read'])
        const { token } = await newKey(root, id, { role })
        const editor = as(token)
        await editor.get('/v1/me')
        const edit = (api: Api, permissions: string[]) =>
          api.put(`/v1/accounts/${id}/roles/${role}`, { name: 'r', permissions })
        const acts = [() => bulk(root, id), () => edit(root, ['role:update'])]
        const answers = await inTurn(id, bulkFirst ? acts : acts.toReversed())
        t.same(statusesOf(answers), [200, 200])
        t.match(await root.verify(token), { reason: 'revoked' })
        const shown = await root.get(`/v1/accounts/${id}/roles/${role}`)
        t.same(shown.body.role.permissions, ['role:update'])
        t.equal((await edit(editor, [])).status, 401, 'nor does a revoked key edit it')
      }
    })

    t.test('two concurrent bulk revocations revoke each key once', async (t) => {
      for (let round = 0; round < rounds; round += 1) {
        const id = await account()
        for (let key = 0; key < 5; key += 1) await newKey(root, id)
        const answers = await Promise.all([bulk(root, id), bulk(root, id), bulk(root, id)])
        t.same(answers.map(({ body }) => body.count).sort(), [0, 0, 5])
        const revisions = new Set(answers.map(({ body }) => body.receipt.revision))
        t.equal(revisions.size, 1, 'and all return the one that did')
      }
    })

    t.test('of two administrators who revoke all keys at once one is refused', async (t) => {
      for (let round = 0; round < rounds; round += 1) {
        const id = await account()
        const admins = [await newKey(root, id), await newKey(root, id)].map(({ token }) =>
          as(token),
        )
        const answers = await Promise.all(admins.map((admin) => bulk(admin, id)))
        t.same(statusesOf(answers), [200, 401])
      }
    })

    t.test('concurrent bulk and single acts have the outcome of some serial order', async (t) => {
      for (let round = 0; round < rounds; round += 1) {
        const id = await account()
        const other = await account()
        const role = await newRole(root, id, 'r', ['cluster:read'])
        const list = await newAllowList(root, id, ['10.0.0.0/8'])
        const keys: IssuedKey[] = []
        for (let key = 0; key < 8; key += 1) {
          const lists = key % 2 === 0 ? { allow_list_ids: [list] } : {}
          keys.push(await newKey(root, id, { role: key < 4 ? role : 'admin', ...lists }))
        }
        const admin = as(keys[5]?.token)
        // At repeatable read those who meet at one chain begin anew, and some run out of attempts.
        const foreseen = [200, 201, 401, 409, ...(isolation === 'read committed' ? [] : [503])]
        for (const { token } of keys) await root.verify(token, { client_ip: '10.0.0.1' })
        const path = (key: number, verb: string) => `${keysOf(id)}/${keys[key]?.id}/${verb}`
        // Uses that meet a revocation are counted with the next flush.
        const kept = () => ({ status: 200 })
        const flushed = service.deps.uses.flush(service.deps.db).then(kept, kept)
        const answers = await Promise.all([
          bulk(root, id),
          admin.post(keysOf(id), { ...keyBody, name: 'by admin' }),
          root.post(keysOf(id), { ...keyBody, role, allow_list_ids: [list] }),
          root.post(path(0, 'revoke')),
          admin.post(path(1, 'revoke')),
          root.post(path(2, 'disable')),
          admin.post(path(5, 'disable')),
          admin.put(`/v1/accounts/${id}/roles/${role}`, { name: 'r', permissions: [] }),
          root.patch(`/v1/accounts/${id}/allow-lists/${list}`, { entries: ['10.0.0.0/9'] }),
          bulk(admin, id, { filter: { role } }),
          root.post('/v1/api-keys/revoke', { filter: { name_prefix: 'by ' } }),
          root.patch(`/v1/accounts/${id}`, { name: 'renamed' }),
          root.post(keysOf(other), keyBody),
          flushed,
        ])
        for (const [index, { status }] of answers.entries()) {
          t.ok(foreseen.includes(status), `act ${index}: ${status}`)
        }
        t.equal(answers[0]?.status, 200)
        for (const { token } of keys) {
          t.match(await root.verify(token, { client_ip: '10.0.0.1' }), { reason: 'revoked' })
        }
        const { rows } = await raw.query(
          `select count(*)::int as count from api_key where account_id = $1 and revoked_at is not null`,
          [id],
        )
        t.equal(await revocationsTold(raw, id), rows[0].count, 'each was revoked once')
      }
    })

    t.test('concurrent bulk acts leave no deadlock and whole audit chains', async (t) => {
      for (const id of accounts) await assertChain(t, raw, id)
      // Sessions count their deadlocks when they end, at the latest.
      await started.stop()
      const { rows } = await raw.query(
        'select deadlocks::int from pg_stat_database where datname = current_database()',
      )
      t.same(rows, [{ deadlocks: 0 }])
    })
  })
}

const keyBody = { name: 'in flight', role: 'viewer', expires_at: null }

function keysOf(account: string): string {
  return `/v1/accounts/${account}/api-keys`
}

function statusesOf(answers: readonly Answer[]): number[] {
  return answers.map((answer) => answer.status).sort()
}

async function contentsOf(
  raw: Client,
  account: string,
): Promise<{ content: string; link: Buffer }[]> {
  const { rows } = await raw.query(
    'select content, link from audit_event where account_id = $1 order by number',
    [account],
  )
  return rows
}

/** How many keys were revoked, by the audit log. */
async function revocationsTold(raw: Client, account: string): Promise<number> {
  const events: Json[] = (await contentsOf(raw, account)).map(({ content }) => JSON.parse(content))
  const single = events.filter(({ action }) => action === 'api_key.revoked').length
  const bulk = events.filter(({ action }) => action === 'api_key.bulk_revoked')
  return bulk.reduce((sum, event) => sum + event.api_keys.count, single)
}

async function assertChain(t: Test, raw: Client, account: string): Promise<void> {
  const events = await contentsOf(raw, account)
  let link = genesisHash
  for (const [index, event] of events.entries()) {
    link = entryHashOf(link, event.content, undefined)
    if (event.link.equals(link) && JSON.parse(event.content).number === index + 1) continue
    t.fail(`event ${index + 1} does not follow`)
  }
  t.ok(events.length > 0)
}
