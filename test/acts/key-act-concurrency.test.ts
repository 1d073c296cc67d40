/**
 * Two acts on one key at once, on connections of their own: what comes of them is what one after
 * the other would give.
 */
import t, { type Test } from 'tap'
import { verifyAuditLog } from '../../src/management/audit/verify-audit-log.ts'
import { isolationLevels } from '../../src/store/database.ts'
import type { Answer } from '../helpers/api.ts'
import { createImpatientDatabase } from '../helpers/database.ts'
import { newAccount, newAllowList, newKey, newRole } from '../helpers/fixtures.ts'
import { connectRaw } from '../helpers/instances.ts'
import { untilBlocked } from '../helpers/locks.ts'
import { startTestService } from '../helpers/service.ts'

const rounds = 3

for (const isolation of isolationLevels) {
  t.test(`concurrent acts on one key under ${isolation}`, async (t) => {
    const database = await createImpatientDatabase(t)
    const { root, as, service } = await startTestService(t, { database, isolation })
    /** The answers of two acts at once; afterwards the audit log of all acts is verified. */
    const race = (name: string, act: (t: Test) => Promise<void>) =>
      t.test(name, async (t) => {
        await act(t)
        t.match(await verifyAuditLog(service.deps, []), { breaks: [] }, 'the audit log is intact')
      })
    const raw = await connectRaw(t, database.url)
    const account = await newAccount(root)
    const keys = `/v1/accounts/${account}/api-keys`
    const patch = (id: string, body: object, tag: string) =>
      root.call('PATCH', `${keys}/${id}`, { body, headers: { 'if-match': tag } })
    const rotate = (id: string, body: object) => root.post(`${keys}/${id}/rotate`, body)
    const revoke = (id: string) => root.post(`${keys}/${id}/revoke`)

    /** Holds a row while both acts come to wait for it, in this order; then lets them go. */
    const inOrder = async (
      table: 'api_key' | 'allow_list' | 'credential' | 'role',
      id: string,
      first: () => Promise<Answer>,
      second: () => Promise<Answer>,
    ): Promise<readonly [Answer, Answer]> => {
      const column = table === 'credential' ? 'api_key_id' : 'id'
      await raw.query('begin')
      await raw.query(`select from ${table} where ${column} = $1 for update`, [id])
      const one = first()
      await untilBlocked(raw, 1)
      const other = second()
      await untilBlocked(raw, 2)
      await raw.query('commit')
      return [await one, await other]
    }

    race('of two concurrent updates with the same ETag one is made', async (t) => {
      const { id } = await newKey(root, account)
      for (let round = 0; round < rounds; round += 1) {
        const { headers } = await root.get(`${keys}/${id}`)
        const tag = String(headers.etag)
        const answers = await Promise.all([
          patch(id, { description: `a${round}` }, tag),
          patch(id, { metadata: { round: `${round}` } }, tag),
        ])
        t.same(answers.map(({ status }) => status).sort(), [200, 412])
        const made = answers.find(({ status }) => status === 200)
        const shown = await root.get(`${keys}/${id}`)
        t.same(shown.body.api_key, made?.body.api_key)
        t.equal(shown.headers.etag, made?.headers.etag)
      }
      const both = await inOrder(
        'api_key',
        id,
        () => patch(id, { description: 'first' }, '*'),
        () => patch(id, { metadata: { a: 'second' } }, '*'),
      )
      t.same(statusesOf(both), [200, 200])
      t.match(both[1].body.api_key, { description: 'first', metadata: { a: 'second' } })
    })

    race('an update happens before a concurrent revocation, or not at all', async (t) => {
      for (const order of ['patch first', 'revoke first'] as const) {
        const { id, token } = await newKey(root, account)
        const acts = [() => patch(id, { description: 'changed' }, '*'), () => revoke(id)] as const
        const [first, second] =
          order === 'patch first'
            ? await inOrder('api_key', id, acts[0], acts[1])
            : await inOrder('api_key', id, acts[1], acts[0])
        t.same(statusesOf([first, second]), order === 'patch first' ? [200, 200] : [200, 409])
        const { api_key: shown } = (await root.get(`${keys}/${id}`)).body
        t.match(shown, {
          status: 'revoked',
          description: order === 'patch first' ? 'changed' : '',
        })
        t.match(await root.verify(token), { reason: 'revoked' })
      }
    })

    race('a rotation happens before a concurrent revocation, or not at all', async (t) => {
      for (const rotateFirst of [true, false]) {
        const { id, token } = await newKey(root, account)
        const acts = [() => rotate(id, { overlap_seconds: 60 }), () => revoke(id)] as const
        const [first, second] = rotateFirst
          ? await inOrder('api_key', id, acts[0], acts[1])
          : await inOrder('api_key', id, acts[1], acts[0])
        t.same(statusesOf([first, second]), rotateFirst ? [201, 200] : [200, 409])
        const tokens = rotateFirst ? [token, first.body.token] : [token]
        for (const one of tokens) t.match(await root.verify(one), { reason: 'revoked' })
      }
    })

    race('of concurrent rotations one is made, and no token in use ends', async (t) => {
      for (let round = 0; round < rounds; round += 1) {
        const { id, token } = await newKey(root, account)
        t.match(await root.verify(token), { valid: true })
        const many = Array.from({ length: 4 }, () => rotate(id, { overlap_seconds: 60 }))
        const answers = await Promise.all(many)
        t.same(statusesOf(answers).sort(), [201, 409, 409, 409])
        const made = answers.find(({ status }) => status === 201)
        for (const one of [token, made?.body.token]) {
          t.match(await root.verify(one), { valid: true })
        }
        const own = await newKey(root, account)
        const itself = () => as(own.token).post('/v1/me/rotate', { overlap_seconds: 0 })
        const selves = await Promise.all([itself(), itself(), itself()])
        t.same(statusesOf(selves).sort(), [201, 401, 401], 'nor by its own ended token')
      }
    })

    race('a token is never both used for the first time and replaced as unused', async (t) => {
      const replace = (id: string) => rotate(id, { if_generation: 1, only_if_unused: true })
      const use = (token: string) => root.post('/v1/verify', { token })
      for (const useFirst of [true, false]) {
        const { id, token } = await newKey(root, account)
        const [first, second] = useFirst
          ? await inOrder(
              'credential',
              id,
              () => use(token),
              () => replace(id),
            )
          : await inOrder(
              'credential',
              id,
              () => replace(id),
              () => use(token),
            )
        if (useFirst) {
          t.match(first.body, { valid: true })
          t.match(second, { status: 409, body: { code: 'generation_used' } })
          t.match(await root.verify(token), { valid: true })
        } else {
          t.equal(first.status, 201)
          t.match(second.body, { valid: false, reason: 'rotated' })
          t.match(await root.verify(first.body.token), { valid: true })
        }
      }
      for (let round = 0; round < rounds; round += 1) {
        const { id, token } = await newKey(root, account)
        const [used, replaced] = await Promise.all([use(token), replace(id)])
        t.equal(used.body.valid, replaced.status === 409, `${replaced.status}`)
      }
    })

    race(
      'a first use that retires the old token and a concurrent rotation are serialized',
      async (t) => {
        const retiring = { overlap_seconds: 600, retire_on_first_use_seconds: 0 }
        for (const useFirst of [true, false]) {
          const { id, token } = await newKey(root, account)
          t.match(await root.verify(token), { valid: true })
          const next = (await rotate(id, retiring)).body.token
          const use = () => root.post('/v1/verify', { token: next })
          const again = () => rotate(id, { overlap_seconds: 600 })
          const [first, second] = useFirst
            ? await inOrder('api_key', id, use, again)
            : await inOrder('api_key', id, again, use)
          const [used, rotated] = useFirst ? [first, second] : [second, first]
          t.match(used.body, { valid: true, generation: 2 })
          t.equal(rotated.status, useFirst ? 201 : 409)
          t.match(await root.verify(token), { reason: 'rotated' })
          t.match(await root.verify(next), { valid: true })
        }
        const { id, token } = await newKey(root, account)
        const next = (await rotate(id, retiring)).body.token
        const many = Array.from({ length: 4 }, () => root.verify(next))
        for (const verdict of await Promise.all(many)) t.match(verdict, { valid: true })
        t.match(await root.verify(token), { reason: 'rotated' })
      },
    )

    race(
      'of concurrent requests with one Idempotency-Key one acts and the others wait',
      async (t) => {
        const headers = { 'idempotency-key': 'k' }
        for (let round = 0; round < rounds; round += 1) {
          const body = { name: `repeated ${round}`, role: 'viewer', expires_at: null }
          const issue = () =>
            root.call('POST', keys, { body, headers: { 'idempotency-key': body.name } })
          const issued = await Promise.all([issue(), issue(), issue(), issue()])
          t.same(statusesOf(issued), [201, 201, 201, 201])
          t.equal(issued.filter((answer) => answer.body.token !== null).length, 1)
          const ids = new Set(issued.map((answer) => answer.body.api_key.id))
          t.equal(ids.size, 1)
          const [id] = ids
          const path = `${keys}/${id}/rotate`
          const renew = () => root.call('POST', path, { body: { overlap_seconds: 0 }, headers })
          const rotated = await Promise.all([renew(), renew(), renew()])
          t.same(
            rotated.map((answer) => [answer.status, answer.body.generation]),
            [
              [201, 2],
              [201, 2],
              [201, 2],
            ],
          )
          const tokens = rotated.flatMap((answer) => answer.body.token ?? [])
          t.equal(tokens.length, 1)
          t.match(await root.verify(tokens[0]), { valid: true })
        }
        const role = await newRole(root, account, 'held', [])
        const body = { name: 'waited for', role, expires_at: null }
        const issue = () => root.call('POST', keys, { body, headers })
        const [first, second] = await inOrder('role', role, issue, issue)
        t.ok(first.body.token, 'the first acts')
        t.match(second, { status: 201, body: { token: null, generation: 1 } })
      },
    )

    race('an allow list is never deleted while a key is restricted to it', async (t) => {
      for (let round = 0; round < rounds; round += 1) {
        const list = await newAllowList(root, account, ['10.0.0.0/8'], `raced ${round}`)
        const { id, token } = await newKey(root, account)
        const answers = await Promise.all([
          patch(id, { allow_list_ids: [list] }, '*'),
          root.delete(`/v1/accounts/${account}/allow-lists/${list}`),
        ])
        const outcome = statusesOf(answers).join(' ')
        t.ok(['200 409', '400 204'].includes(outcome), outcome)
        const reach = outcome === '200 409' ? 'allow_lists' : 'anywhere'
        t.match((await root.get(`${keys}/${id}`)).body.api_key, { reach })
        t.match(await root.verify(token, { client_ip: '192.0.2.1' }), {
          valid: reach === 'anywhere',
        })
      }
      for (const patchFirst of [true, false]) {
        const list = await newAllowList(root, account, ['10.0.0.0/8'], `in order ${patchFirst}`)
        const { id } = await newKey(root, account)
        const acts = [
          () => patch(id, { allow_list_ids: [list] }, '*'),
          () => root.delete(`/v1/accounts/${account}/allow-lists/${list}`),
        ] as const
        const answers = patchFirst
          ? await inOrder('allow_list', list, acts[0], acts[1])
          : await inOrder('allow_list', list, acts[1], acts[0])
        t.same(statusesOf(answers), patchFirst ? [200, 409] : [204, 400])
      }
    })
  })
}

function statusesOf(answers: readonly Answer[]): number[] {
  return answers.map((answer) => answer.status)
}
