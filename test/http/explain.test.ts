import { test } from 'tap'
import type { Json } from '../helpers/api.ts'
import { startCheckedService } from '../helpers/checked-service.ts'
import { newAccount, newAllowList, newKey, newRole } from '../helpers/fixtures.ts'
import { assertInvalid, assertProblem } from '../helpers/problems.ts'

const notFound = { status: 404, code: 'not_found' }
const unknownId = '0192f3a4-5b6c-7d8e-9f01-23456789abcd'

test('explain lists every check of a verdict and the allow-list entries that matched', async (t) => {
  const { root, as, clock } = await startCheckedService(t)
  const account = await newAccount(root)
  const keys = `/v1/accounts/${account}/api-keys`
  const reader = as(
    (await newKey(root, account, { role: await newRole(root, account, 'r', ['api_key:read']) }))
      .token,
  )
  const office = await newAllowList(root, account, ['203.0.113.0/24', '203.0.113.7'], 'office')
  const home = await newAllowList(root, account, ['2001:db8::/32'], 'home')
  const role = await newRole(root, account, 'some', ['cluster:read'])
  const expiresAt = new Date(Date.now() + clock.offsetMs + 3_600_000).toISOString()
  const key = await newKey(root, account, {
    role,
    expires_at: expiresAt,
    allow_list_ids: [office, home],
  })
  const explain = async (body: object, id = key.id): Promise<Json> => {
    const answer = await reader.post(`${keys}/${id}/explain`, body)
    t.equal(answer.status, 200, answer.text)
    return answer.body.explanation
  }
  const failed = (explanation: Json) =>
    explanation.checks
      .filter(({ outcome }: Json) => outcome === 'failed')
      .map(({ check }: Json) => check)

  const good = { client_ip: '203.0.113.7', permissions: ['cluster:read'] }
  const all = await explain(good)
  t.match(all, { valid: true, client_ip: '203.0.113.7', missing_permissions: [] })
  t.equal(all.reason, undefined)
  t.same(all.checks, [
    { check: 'malformed', outcome: 'not_checked' },
    { check: 'not_found', outcome: 'not_checked' },
    { check: 'revoked', outcome: 'passed' },
    { check: 'disabled', outcome: 'passed' },
    { check: 'rotated', outcome: 'passed' },
    { check: 'expired', outcome: 'passed' },
    { check: 'wrong_account', outcome: 'passed' },
    { check: 'address_not_allowed', outcome: 'passed' },
    { check: 'insufficient_permissions', outcome: 'passed' },
  ])
  t.same(all.matches, [
    { allow_list_id: office, allow_list_name: 'office', entry: '203.0.113.0/24' },
    { allow_list_id: office, allow_list_name: 'office', entry: '203.0.113.7' },
  ])
  const hint = key.body.hint
  t.same((await explain({ client_ip: '2001:DB8:0::1' }, hint)).matches, [
    { allow_list_id: home, allow_list_name: 'home', entry: '2001:db8::/32' },
  ])

  await t.test(
    'explain lists all faults, and gives the first as the reason, as verify does',
    async (t) => {
      const nowhere = await explain({})
      t.same(
        [nowhere.valid, nowhere.reason, nowhere.client_ip],
        [false, 'address_not_allowed', null],
      )
      const attempt = { client_ip: '198.51.100.1', permissions: ['cluster:read', 'cluster:delete'] }
      const bad = await explain(attempt)
      t.same(failed(bad), ['address_not_allowed', 'insufficient_permissions'])
      t.same([bad.matches, bad.missing_permissions], [[], ['cluster:delete']])
      t.equal(bad.reason, (await root.verify(key.token, attempt)).reason)

      const later = await explain({ ...good, at: expiresAt })
      t.same([later.at, later.reason, failed(later)], [expiresAt, 'expired', ['expired']])
      const before = new Date(Date.parse(expiresAt) - 1).toISOString()
      t.equal((await explain({ ...good, at: before })).valid, true, 'a millisecond before')

      await root.post(`${keys}/${key.id}/disable`, {})
      t.same(failed(await explain({ ...good, at: expiresAt })), ['disabled', 'expired'])
      await root.post(`${keys}/${key.id}/revoke`, {})
      const dead = await explain({ ...attempt, at: expiresAt })
      t.equal(dead.reason, 'revoked')
      t.same(failed(dead), [
        ...['revoked', 'disabled', 'expired'],
        ...['address_not_allowed', 'insufficient_permissions'],
      ])
      t.equal((await root.verify(key.token, attempt)).reason, 'revoked')
    },
  )

  await t.test(
    'explain reflects edits of lists and roles at once, and counts as no use',
    async (t) => {
      const other = await newKey(root, account, { role, allow_list_ids: [home] })
      t.equal((await explain(good, other.id)).reason, 'address_not_allowed')
      await root.patch(`/v1/accounts/${account}/allow-lists/${home}`, { entries: ['0.0.0.0/0'] })
      const after = await explain(good, other.id)
      t.same([after.valid, after.matches[0].entry], [true, '0.0.0.0/0'])
      await root.put(`/v1/accounts/${account}/roles/${role}`, { name: 'some', permissions: [] })
      t.equal((await explain(good, other.id)).reason, 'insufficient_permissions')
      const shown = (await root.get(`${keys}/${other.id}`)).body.api_key
      t.same([shown.use_count, shown.last_used_at], [0, null])
      const open = await newKey(root, account, { role })
      t.same((await explain({}, open.id)).valid, true, 'a key for anywhere needs no address')
    },
  )

  await t.test('explain refuses bad input and unknown keys', async (t) => {
    const path = `${keys}/${key.id}/explain`
    const bad: readonly [object, string, string][] = [
      [{ client_ip: 'localhost' }, '/client_ip', 'address'],
      [{ client_ip: '203.0.113.7:80' }, '/client_ip', 'address'],
      [{ client_ip: 7 }, '/client_ip', 'type'],
      [{ permissions: ['cluster'] }, '/permissions/0', 'pattern'],
      [{ at: 'now' }, '/at', 'format'],
      [{ at: '2016-12-31T23:59:60Z' }, '/at', 'date-time'],
      [{ token: key.token }, '/token', 'unknown_field'],
    ]
    for (const [body, field, rule] of bad) {
      assertInvalid(
        t,
        await reader.post(path, body),
        [[field, rule]],
        JSON.stringify(body).slice(0, 20),
      )
    }
    const other = await newKey(root, await newAccount(root, 'Other'))
    for (const id of [other.id, other.body.hint, unknownId, 'x']) {
      assertProblem(t, await reader.post(`${keys}/${id}/explain`, {}), notFound, id)
    }
  })
})
