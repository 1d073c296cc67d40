/** `updated_on` in the Aeon API, whatever the clocks of the instances show. */
import t from 'tap'
import { startAeonService } from '../helpers/aeon.ts'
import type { Json } from '../helpers/api.ts'
import { newAllowList, newKey } from '../helpers/fixtures.ts'
import { createRole, deleteRole, updateRole } from '../helpers/ybm.ts'

const service = await startAeonService(t)
const { root, clock } = service
const hourMs = 3_600_000

t.test('updated_on of a key moves forward at each change, and never back', async (t) => {
  const { admin, account } = await service.newTenant()
  const { id } = await newKey(root, account.id)
  const list = await newAllowList(root, account.id, ['10.0.0.1'])
  const native = `/v1/accounts/${account.id}/api-keys/${id}`
  const read = async () => (await admin.take('GET', `/accounts/${account.id}/api-keys/${id}`)).data
  const first = (await read()).info.metadata
  t.equal(first.updated_on, first.created_on)
  const patch = async (body: object) => {
    const { etag } = (await root.get(native)).headers
    const headers = { 'if-match': String(etag) }
    const answer = await root.call('PATCH', native, { headers, body })
    t.equal(answer.status, 200, answer.text)
  }
  const post = async (act: string, body: object) =>
    t.ok((await root.post(`${native}/${act}`, body)).status < 300, act)
  const changes: readonly [string, () => Promise<unknown>][] = [
    ['disabled', () => post('disable', {})],
    ['enabled', () => post('enable', {})],
    ['renamed', () => patch({ name: 'another name' })],
    ['restricted', () => patch({ allow_list_ids: [list] })],
    ['rotated', () => post('rotate', { overlap_seconds: 0 })],
    ['revoked', () => admin.take('POST', `/accounts/${account.id}/api-keys/${id}/revoke`)],
  ]
  let last: string = first.updated_on
  for (const [index, [change, perform]] of changes.entries()) {
    clock.offsetMs = (index + 1) * 1_000
    await perform()
    const { info } = await read()
    t.ok(info.metadata.updated_on > last, `${change}: ${info.metadata.updated_on} after ${last}`)
    t.equal(info.metadata.created_on, first.created_on)
    const page = await admin.take('GET', `/accounts/${account.id}/api-keys`)
    const listed = page.data.find((key: Json) => key.info.id === id)
    t.same(listed.info, info, 'a page shows the same')
    last = info.metadata.updated_on
  }
  clock.offsetMs = 0
  t.equal((await read()).info.metadata.updated_on, last, 'reading changes nothing')
})

t.test('updated_on moves forward also by an instance whose clock is behind', async (t) => {
  const { admin, account } = await service.newTenant()
  const { id } = await newKey(root, account.id)
  const native = `/v1/accounts/${account.id}/api-keys/${id}`
  const read = async () =>
    (await admin.take('GET', `/accounts/${account.id}/api-keys/${id}`)).data.info.metadata
      .updated_on
  clock.offsetMs = hourMs
  await root.post(`${native}/disable`)
  const ofKey = [await read()]
  clock.offsetMs = 0
  const acts = ['enable', 'disable', 'enable', 'rotate', 'revoke']
  for (const act of acts) {
    const answer = await root.post(
      `${native}/${act}`,
      act === 'rotate' ? { overlap_seconds: 0 } : {},
    )
    t.ok(answer.status < 300, answer.text)
    ofKey.push(await read())
  }
  t.same([...new Set(ofKey)].sort(), ofKey, 'each change of a key is later')

  clock.offsetMs = hourMs
  const role = await createRole(admin, { name: 'r', permissions: ['CLUSTER READ'] })
  clock.offsetMs = 0
  const times = [role.info.metadata.updated_on]
  for (const permissions of [['CLUSTER READ', 'BACKUP READ'], ['BACKUP READ']]) {
    const updated = await updateRole(admin, 'r', { name: 'r', permissions })
    times.push(updated.info.metadata.updated_on)
  }
  t.same([...new Set(times)].sort(), times, 'each change of a role is later')

  const roleId: string = role.info.id
  const last = await newKey(root, account.id, { role: roleId })
  await root.post(`/v1/accounts/${account.id}/api-keys/${last.id}/revoke`, {})
  await deleteRole(admin, 'r')
  const path = `/accounts/${account.id}/api-keys/${last.id}`
  const { metadata, is_active: isActive } = (await admin.take('GET', path)).data.info.role.info
  t.equal(isActive, false)
  t.ok(metadata.updated_on > (times.at(-1) ?? ''), 'and so is its end')
})

t.test('updated_on of a key moves forward from a creation by a clock that is ahead', async (t) => {
  const { admin, account } = await service.newTenant()
  clock.offsetMs = hourMs
  const { id } = await newKey(root, account.id)
  clock.offsetMs = 0
  const read = async () =>
    (await admin.take('GET', `/accounts/${account.id}/api-keys/${id}`)).data.info.metadata
      .updated_on
  const times = [await read()]
  await root.post(`/v1/accounts/${account.id}/api-keys/${id}/disable`)
  times.push(await read())
  const filter = { filter: { all: true } }
  const path = `/v1/accounts/${account.id}/api-keys/revoke`
  t.equal((await root.post(path, filter)).status, 200)
  // The key of this caller is revoked with the others.
  const keys = `/api/public/v1/accounts/${account.id}/api-keys`
  times.push((await root.get(`${keys}/${id}`)).body.data?.info.metadata.updated_on)
  t.same([...new Set(times)].sort(), times, 'one of many revocations, too')
})

t.test('updated_on of an account moves forward when the account is renamed', async (t) => {
  const { admin, account } = await service.newTenant()
  const read = async () => (await admin.take('GET', '/account')).data.info.metadata
  const before = await read()
  t.equal(before.updated_on, before.created_on)
  clock.offsetMs = 1_000
  t.equal((await root.patch(`/v1/accounts/${account.id}`, { name: 'Acme 2' })).status, 200)
  clock.offsetMs = 0
  const after = await read()
  t.equal(after.created_on, before.created_on)
  t.ok(after.updated_on > before.updated_on)
  t.same((await admin.take('GET', '/accounts')).data[0].info.metadata, after)
})
