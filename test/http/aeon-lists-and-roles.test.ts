/** The calls of `ybm` and the Terraform provider on allow lists, roles and permissions. */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { startAeonService } from '../helpers/aeon.ts'
import type { Json } from '../helpers/api.ts'
import { newAllowList, newKey, newRole } from '../helpers/fixtures.ts'
import {
  createKey,
  createList,
  createRole,
  deleteList,
  deleteRole,
  listKeys,
  listLists,
  listPermissions,
  listRoles,
  namesOf,
  revokeKey,
  terraformCreateList,
  updateRole,
} from '../helpers/ybm.ts'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

const service = await startAeonService(t)
const { root, aeonAs } = service

t.test('ybm network-allow-list create, list and delete work', async (t) => {
  const { admin, account } = await service.newTenant()
  const at = `/accounts/${account.id}/projects/${account.project_id}/allow-lists`
  const entries = ['1.2.3.4', '10.0.0.0/8', '0.0.0.0/0', '2001:DB8::/32', '2001:db8:0::1']
  admin.recorded()
  const made = await createList(admin, { name: 'a%20b', description: '', allow_list: entries })
  t.same(admin.recorded(), ['GET /account', 'GET /account', `POST ${at}`])
  const whole = {
    spec: { name: 'a%20b', description: '', allow_list: entries },
    info: {
      id: made.info.id,
      project_id: account.project_id,
      cluster_ids: [],
      cluster_list: [],
      peering_id: null,
      api_key_list: [],
    },
  }
  t.same(made, whole, 'entries, name and description come back byte for byte')
  t.match(made.info.id, uuid)
  t.same(await admin.take('GET', `${at}/${made.info.id}`), { data: whole })
  const listed = await admin.take('GET', at)
  t.same(listed, {
    data: [whole],
    _metadata: { continuation_token: null, links: { self: `/api/public/v1${at}`, next: null } },
  })
  t.same(await listLists(admin, 'a%20b'), [whole])

  const { answer } = await createKey(admin, { name: 'user of it', hours: 1, lists: ['a%20b'] })
  await t.rejects(deleteList(admin, 'a%20b'), { status: 409, message: /uses this allow list/ })
  const reader = await newRole(root, account.id, 'lists only', ['allow_list:read'])
  const limited = aeonAs((await newKey(root, account.id, { role: reader })).token)
  t.same((await listLists(limited))[0].info.api_key_list, [], 'keys are for those who may see keys')
  t.equal((await limited.call('GET', `${at}?api_key_ids=${answer.data.info.id}`)).status, 403)

  await revokeKey(admin, 'user of it')
  admin.recorded()
  await deleteList(admin, 'a%20b')
  t.same(admin.recorded(), [
    'GET /account',
    'GET /account',
    `GET ${at}`,
    `DELETE ${at}/${made.info.id}`,
  ])
  t.equal((await admin.call('GET', `${at}/${made.info.id}`)).status, 404)
  const key = (await admin.take('GET', `/accounts/${account.id}/api-keys/${answer.data.info.id}`))
    .data
  t.same(key.spec.allow_list_info, [made.info.id], 'a restricted key never looks unrestricted')
  t.same(await listKeys(admin, { name: 'user of it' }), [{ key, lists: '' }])
})

t.test('the Aeon API finds the allow lists of a key by the key', async (t) => {
  const { admin, account } = await service.newTenant()
  const at = `/accounts/${account.id}/projects/${account.project_id}/allow-lists`
  const [a, b, c] = await Promise.all(
    ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((entry) => newAllowList(root, account.id, [entry])),
  )
  const one = await newKey(root, account.id, { allow_list_ids: [a, b] })
  const two = await newKey(root, account.id, { allow_list_ids: [b] })
  const free = await newKey(root, account.id)
  const found = async (...keys: string[]) =>
    (await admin.take('GET', `${at}?api_key_ids=${keys.join(',')}`)).data
      .map((list: Json) => list.info.id)
      .sort()
  t.same(await found(one.id), [a, b].sort())
  t.same(await found(two.id.toUpperCase()), [b])
  t.same(await found(one.id, two.id), [a, b].sort())
  t.same(await found(free.id), [])
  t.same(await found(randomUUID()), [])
  t.equal((await admin.take('GET', at)).data.length, 3, `${c} among them`)
})

t.test('ybm role list, describe, create, update and delete work', async (t) => {
  const { admin, account } = await service.newTenant()
  const at = `/accounts/${account.id}/roles`
  admin.recorded()
  const roles = await listRoles(admin)
  t.same(admin.recorded(), ['GET /account', 'GET /account', `GET ${at}?role_types=ALL&limit=100`])
  const shown = (role: Json) => [role.info.display_name, role.spec.name, role.info.is_user_defined]
  t.same(roles.map(shown).sort(), [
    ['Admin', 'account_admin', false],
    ['Developer', 'account_dev', false],
    ['Viewer', 'account_viewer', false],
  ])
  const described = Object.fromEntries(
    roles.map((role) => [role.info.display_name, role.spec.description]),
  )
  t.same(described, {
    Admin: 'Full access to all operations, including billing and user management',
    Developer: 'Full access on cluster/backup - no billing or user management rights',
    Viewer: 'Sees everything and changes nothing.',
  })
  for (const role of roles) {
    t.same(role.spec.permissions, [], 'permissions are shown when asked for only')
    t.same(role.info.effective_permissions, [])
    t.match(role.info, {
      id: uuid,
      account_id: account.id,
      is_active: true,
      users: [],
      metadata: { created_on: time, updated_on: time },
    })
  }
  admin.recorded()
  const made = await createRole(admin, {
    name: 'Ops %1',
    description: 'does things',
    permissions: ['CLUSTER UPDATE', 'API_KEY REVOKE'],
  })
  t.same(admin.recorded(), [
    'GET /account',
    'GET /account',
    'GET /resource-permissions',
    `POST ${at}`,
  ])
  t.same(made.spec, {
    name: 'Ops %1',
    description: 'does things',
    permissions: [
      {
        resource_type: 'API_KEY',
        resource_name: 'API Key',
        operation_groups: [
          { operation_group: 'REVOKE', operation_group_description: 'End an API key for good.' },
        ],
      },
      {
        resource_type: 'CLUSTER',
        resource_name: 'Clusters',
        operation_groups: [
          {
            operation_group: 'UPDATE',
            operation_group_description: 'Change clusters of the account.',
          },
        ],
      },
    ],
  })
  t.same(made.info, {
    id: made.info.id,
    display_name: 'Ops %1',
    account_id: account.id,
    is_active: true,
    is_user_defined: true,
    effective_permissions: made.info.effective_permissions,
    users: [],
    api_keys: [],
    metadata: made.info.metadata,
  })
  t.same(
    namesOf(made.info.effective_permissions),
    ['API_KEY READ', 'API_KEY REVOKE', 'CLUSTER READ', 'CLUSTER UPDATE'],
    'with what they bring along',
  )
  t.same((await listRoles(admin, { type: 'USER_DEFINED' })).map(shown), [
    ['Ops %1', 'Ops %1', true],
  ])
  t.equal((await listRoles(admin, { type: 'SYSTEM' })).length, 3)
  const [whole] = await listRoles(admin, { name: 'ops %1', describe: true })
  t.same(whole, made)
  t.same(await admin.take('GET', `${at}/${made.info.id}`), { data: made })

  const { answer } = await createKey(admin, { name: 'operator', hours: 1, roleName: 'Ops %1' })
  const [held] = await listRoles(admin, { name: 'Ops %1' })
  const operator = { name: 'operator', issuer: 'console', status: 'ACTIVE' }
  t.same(held.info.api_keys, [operator])
  const idle = await createKey(admin, { name: 'idle', hours: 1, roleName: 'Ops %1' })
  const ofIdle = `/v1/accounts/${account.id}/api-keys/${idle.answer.data.info.id}`
  await root.post(`${ofIdle}/disable`)
  t.same((await listRoles(admin, { name: 'Ops %1' }))[0].info.api_keys, [operator], 'active ones')
  await root.post(`${ofIdle}/revoke`)
  const reader = await newRole(root, account.id, 'roles only', ['role:read'])
  const limited = aeonAs((await newKey(root, account.id, { role: reader })).token)
  t.same((await listRoles(limited, { name: 'Ops %1' }))[0].info.api_keys, [])

  t.match(await root.verify(answer.jwt, { permissions: ['cluster:update'] }), { valid: true })
  admin.recorded()
  const updated = await updateRole(admin, 'Ops %1', { name: 'Ops', permissions: ['CLUSTER READ'] })
  t.same(admin.recorded(), [
    'GET /account',
    'GET /account',
    `GET ${at}?role_types=ALL&limit=100&display_name=Ops+%251`,
    'GET /resource-permissions',
    `PUT ${at}/${made.info.id}`,
  ])
  t.match(updated, { spec: { name: 'Ops', description: '' }, info: { id: made.info.id } })
  t.same(namesOf(updated.spec.permissions), ['CLUSTER READ'])
  t.match(
    await root.verify(answer.jwt, { permissions: ['cluster:update'] }),
    { valid: false, reason: 'insufficient_permissions' },
    'the key has no more than the role has now',
  )

  await t.rejects(deleteRole(admin, 'Ops'), { status: 409, message: /has this role/ })
  await revokeKey(admin, 'operator')
  admin.recorded()
  await deleteRole(admin, 'ops')
  t.same(admin.recorded(), [
    'GET /account',
    'GET /account',
    `GET ${at}?role_types=ALL&limit=100&display_name=ops`,
    `DELETE ${at}/${made.info.id}`,
  ])
  t.equal((await admin.call('GET', `${at}/${made.info.id}`)).status, 404)
  const [row] = await listKeys(admin, { name: 'operator' })
  t.match(row?.key.info.role, {
    spec: { name: 'Ops', permissions: [] },
    info: { id: made.info.id, display_name: 'Ops', is_active: false, is_user_defined: true },
  })

  for (const name of ['Admin', 'viewer']) {
    const wanted = { name: 'Mine', permissions: ['CLUSTER READ'] }
    await t.rejects(updateRole(admin, name, wanted), {
      message: 'A built-in role cannot be changed or deleted.',
    })
    await t.rejects(deleteRole(admin, name), {
      message: 'A built-in role cannot be changed or deleted.',
    })
  }
})

t.test('the Aeon API names resource types as the recorded answers of Aeon do', async (t) => {
  const { admin } = await service.newTenant()
  const shown = (await listPermissions(admin)).map(({ info }: Json) => [
    info.resource_type,
    info.resource_name,
  ])
  t.same(Object.fromEntries(shown), {
    ACCOUNT_LOGIN_TYPE: 'Account Login Type',
    ACCOUNT_USER: 'Users',
    ALERT_RULE: 'Alert Rules',
    API_KEY: 'API Key',
    BACKUP: 'Backup',
    BILLING_PROFILE: 'Billing Profile',
    CLUSTER: 'Clusters',
    CLUSTER_MAINTENANCE_EVENT: 'Cluster Maintenance Event',
    CLUSTER_MAINTENANCE_SCHEDULE: 'Cluster Maintenance Schedule',
    PROMO_CODE: 'Promo Code',
    READ_REPLICA: 'Read Replica',
    TRACK: 'Database Track',
  })
})

t.test('the Aeon API hides permissions of this service and keeps them through edits', async (t) => {
  const { admin, account } = await service.newTenant()
  const native = (await root.get('/v1/permissions')).body.permissions.map((p: Json) => p.name)
  const catalogue = await listPermissions(admin)
  const known = namesOf(catalogue.map((entry: Json) => entry.info))
  for (const name of known) t.ok(citedNames.test(name), `${name} is in a public source`)
  t.ok(known.length > 20)
  const own = ['api_key:verify', 'api_key:disable', 'account:act_as', 'instance:read', 'role:read']
  for (const name of own) {
    t.ok(native.includes(name), name)
    const [resource = '', operation = ''] = name.toUpperCase().split(':')
    t.notOk(known.includes(`${resource} ${operation}`), `${name} is not shown`)
  }
  for (const { info } of catalogue) {
    t.same(Object.keys(info), ['resource_type', 'resource_name', 'operation_groups'])
    for (const group of info.operation_groups) {
      t.same(Object.keys(group), ['operation_group', 'operation_group_description', 'tags'])
      t.ok(group.tags.length === 0 || group.tags[0] === 'SENSITIVE')
    }
  }
  for (const role of await listRoles(admin, { describe: true })) {
    const shown = [role.spec.permissions, role.info.effective_permissions].flatMap(namesOf)
    t.same(
      shown.filter((name) => !known.includes(name)),
      [],
      role.info.display_name,
    )
  }
  const id = await newRole(root, account.id, 'mixed', ['cluster:read', 'api_key:disable'])
  const updated = await updateRole(admin, 'mixed', { name: 'Mixed', permissions: ['BACKUP READ'] })
  t.same(namesOf(updated.spec.permissions), ['BACKUP READ'])
  const after = (await root.get(`/v1/accounts/${account.id}/roles/${id}`)).body.role
  t.same(after.permissions, ['api_key:disable', 'backup:read'], 'what the client cannot see stays')
  for (const alias of ['/permissions', '/auth/permissions', '/auth/resource-permissions']) {
    t.same((await admin.take('GET', alias)).data, catalogue, alias)
  }
})

t.test('Terraform creates an allow list and finds it among the pages', async (t) => {
  const { admin, account } = await service.newTenant()
  for (let index = 0; index < 5; index += 1)
    await newAllowList(root, account.id, [`10.0.0.${index}`])
  const spec = listOf('tf list', '192.0.2.1')
  const made = await terraformCreateList(admin, spec, 2)
  t.same(made.spec, spec)
  await t.rejects(terraformCreateList(admin, spec), /already exists/)
  const at = `/accounts/${account.id}/projects/${account.project_id}/allow-lists`
  await t.rejects(admin.take('POST', at, spec), {
    message: 'name: Another allow list of the account has this name.',
  })
  t.match(await admin.call('DELETE', `${at}/${made.info.id}`), { status: 200, text: '' })
})

function listOf(name: string, entry: string) {
  return { name, description: `${name} of ours`, allow_list: [entry] }
}

/** Resource types and operation groups that public sources of the clients contain. */
const citedNames =
  /^(ALERT_RULE|READ_REPLICA|CLUSTER|TRACK|CLUSTER_MAINTENANCE_(SCHEDULE|EVENT)|ACCOUNT_USER|ACCOUNT_LOGIN_TYPE|BACKUP|API_KEY|BILLING_PROFILE|PROMO_CODE) (READ|UPDATE|SEND_TEST_EMAIL|CREATE|DELETE|REVOKE|REDEEM)$/
