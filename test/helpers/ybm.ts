/**
 * The commands of `ybm` and the resources of the Terraform provider as the calls that they make, in
 * their order, and with what they read of each answer without looking. They are written from what
 * is public of the clients; the clients themselves are built on a library that is not.
 */
import type { AeonApi, AeonError } from './aeon.ts'
import type { Json } from './api.ts'

export interface CreateKey {
  readonly name: string
  readonly hours: number
  readonly description?: string
  readonly roleName?: string
  readonly lists?: readonly string[]
}

/**
 * Who it is that calls: every command asks twice, once for the account and once for the project.
 */
export async function whoAmI(api: AeonApi): Promise<{ account: string; project: string }> {
  const account: string = (await api.take('GET', '/account')).data.info.id
  const { projects } = (await api.take('GET', '/account')).data.info
  if (projects.length !== 1) throw new Error(`the account has ${projects.length} projects`)
  return { account, project: projects[0].info.id }
}

/** Clients before v0.1.27. */
export async function whoAmIOfOld(api: AeonApi): Promise<{ account: string; project: string }> {
  const accounts = (await api.take('GET', '/accounts')).data
  if (accounts.length !== 1) throw new Error('the user is associated with several accounts')
  const again = (await api.take('GET', '/accounts')).data
  return { account: accounts[0].info.id, project: again[0].info.projects[0].info.id }
}

/** `ybm api-key list`. Each key, and the names of its lists as the last column shows them. */
export async function listKeys(
  api: AeonApi,
  filter: { readonly name?: string; readonly status?: string } = {},
): Promise<{ readonly key: Json; readonly lists: string }[]> {
  const at = await whoAmI(api)
  const status = filter.status ?? (filter.name === undefined ? 'ACTIVE' : undefined)
  const query = queryOf({ api_key_name: filter.name, status })
  const { data } = await api.take('GET', `/accounts/${at.account}/api-keys${query}`)
  const rows: { key: Json; lists: string }[] = []
  for (const key of data) rows.push({ key, lists: await namesOfLists(api, at, key) })
  return rows
}

/** `ybm api-key create`. The answer, and whether the client would ask for a confirmation. */
export async function createKey(
  api: AeonApi,
  wanted: CreateKey,
): Promise<{ readonly answer: Json; readonly isSensitive: boolean; readonly lists: string }> {
  const at = await whoAmI(api)
  let isSensitive = false
  const spec: Record<string, unknown> = { name: wanted.name, expire_after_hours: wanted.hours }
  if (wanted.description !== undefined) spec.description = wanted.description
  if (wanted.roleName !== undefined) {
    spec.role_id = await roleIdByName(api, at, wanted.roleName)
    isSensitive = await hasSensitivePermission(api, at, String(spec.role_id))
  }
  if (wanted.lists !== undefined) {
    const ids: string[] = []
    for (const name of wanted.lists) ids.push(await listIdByName(api, at, name))
    spec.allow_list_info = ids
  }
  const answer = await api.take('POST', `/accounts/${at.account}/api-keys`, spec)
  return { answer, isSensitive, lists: await namesOfLists(api, at, answer.data) }
}

/** `ybm api-key revoke`: whatever is first of that name, without a look at its name or status. */
export async function revokeKey(api: AeonApi, name: string): Promise<string> {
  const { account } = await whoAmI(api)
  const keys = `/accounts/${account}/api-keys`
  const { data } = await api.take('GET', `${keys}${queryOf({ api_key_name: name })}`)
  if (data.length === 0) throw new Error(`could not get API key data for name: ${name}`)
  await api.take('POST', `${keys}/${data[0].info.id}/revoke`)
  return data[0].info.id
}

/** `ybm network-allow-list list [--name]`: the client picks by name itself. */
export async function listLists(api: AeonApi, name?: string): Promise<Json[]> {
  const { data } = await api.take('GET', listsAt(await whoAmI(api)))
  return name === undefined ? data : data.filter((list: Json) => list.spec.name === name)
}

/** `ybm network-allow-list create`. */
export async function createList(
  api: AeonApi,
  spec: { readonly name: string; readonly description: string; readonly allow_list: string[] },
): Promise<Json> {
  return (await api.take('POST', listsAt(await whoAmI(api)), spec)).data
}

/** `ybm network-allow-list delete`. */
export async function deleteList(api: AeonApi, name: string): Promise<void> {
  const at = await whoAmI(api)
  await api.take('DELETE', `${listsAt(at)}/${await listIdByName(api, at, name)}`)
}

/** `ybm role list` and, with permissions, `ybm role describe`. */
export async function listRoles(
  api: AeonApi,
  filter: { readonly name?: string; readonly type?: string; readonly describe?: boolean } = {},
): Promise<Json[]> {
  const { account } = await whoAmI(api)
  const query = queryOf({
    role_types: filter.type ?? 'ALL',
    limit: '100',
    display_name: filter.name,
    include_permissions: filter.describe === true ? 'true' : undefined,
  })
  return (await api.take('GET', `/accounts/${account}/roles${query}`)).data
}

export interface RoleWanted {
  readonly name: string
  readonly description?: string
  /** For example `CLUSTER READ`. */
  readonly permissions: readonly string[]
}

/** `ybm role create`: what is asked for must be in the catalogue. */
export async function createRole(api: AeonApi, wanted: RoleWanted): Promise<Json> {
  const { account } = await whoAmI(api)
  const permissions = await knownPermissions(api, wanted.permissions)
  return (await api.take('POST', `/accounts/${account}/roles`, { ...wanted, permissions })).data
}

/** `ybm role update`. */
export async function updateRole(api: AeonApi, name: string, wanted: RoleWanted): Promise<Json> {
  const at = await whoAmI(api)
  const id = await roleIdByName(api, at, name)
  const permissions = await knownPermissions(api, wanted.permissions)
  const spec = { ...wanted, permissions }
  return (await api.take('PUT', `/accounts/${at.account}/roles/${id}`, spec)).data
}

/** `ybm role delete`. */
export async function deleteRole(api: AeonApi, name: string): Promise<void> {
  const at = await whoAmI(api)
  const id = await roleIdByName(api, at, name)
  await api.take('DELETE', `/accounts/${at.account}/roles/${id}`)
}

/** `ybm permission list`. */
export async function listPermissions(api: AeonApi): Promise<Json[]> {
  await whoAmI(api)
  return (await api.take('GET', '/resource-permissions')).data
}

/** Terraform's `ybm_api_key`: what it keeps as its state. */
export async function terraformCreateKey(api: AeonApi, wanted: CreateKey): Promise<Json> {
  const at = await whoAmI(api)
  const role_id = await roleIdByName(api, at, wanted.roleName ?? '')
  const { data, jwt } = await api.take('POST', `/accounts/${at.account}/api-keys`, {
    name: wanted.name,
    description: wanted.description ?? '',
    expire_after_hours: wanted.hours,
    role_id,
    allow_list_info: [],
  })
  return { ...(await terraformRefreshKey(api, data.info.id)), apiKey: jwt }
}

export async function terraformRefreshKey(api: AeonApi, id: string): Promise<Json> {
  const { data } = await api.take('GET', `/accounts/${await accountOf(api)}/api-keys/${id}`)
  return {
    id: data.info.id,
    name: data.spec.name,
    status: data.info.status,
    role: data.info.role.info.display_name,
    lists: [...data.spec.allow_list_info],
    expiry: data.info.expiry_time,
    issuer: data.info.issuer,
    created: data.info.metadata.created_on,
  }
}

export async function terraformDestroyKey(api: AeonApi, id: string): Promise<void> {
  await api.take('POST', `/accounts/${await accountOf(api)}/api-keys/${id}/revoke`)
}

/**
 * Terraform's `ybm_allow_list`: it looks for the name first, and afterwards page by page for what
 * it made.
 */
export async function terraformCreateList(
  api: AeonApi,
  spec: { readonly name: string; readonly description: string; readonly allow_list: string[] },
  pageSize?: number,
): Promise<Json> {
  const at = await whoAmI(api)
  const { data: present } = await api.take('GET', listsAt(at))
  if (present.some((list: Json) => list.spec.name === spec.name)) throw new Error('already exists')
  const made = (await api.take('POST', listsAt(at), spec)).data
  let token: string | undefined
  do {
    const query = queryOf({ limit: pageSize?.toString(), continuation_token: token })
    const page = await api.take('GET', listsAt(at) + query)
    if (page.data.some((list: Json) => list.info.id === made.info.id)) break
    token = page._metadata.continuation_token ?? ''
  } while (token !== '')
  return (await api.take('GET', `${listsAt(at)}/${made.info.id}`)).data
}

interface Place {
  readonly account: string
  readonly project: string
}

/** Terraform keeps it between its calls. */
async function accountOf(api: AeonApi): Promise<string> {
  const account = known.get(api) ?? (await whoAmI(api)).account
  known.set(api, account)
  return account
}

const known = new WeakMap<AeonApi, string>()

function listsAt({ account, project }: Place): string {
  return `/accounts/${account}/projects/${project}/allow-lists`
}

async function namesOfLists(api: AeonApi, at: Place, key: Json): Promise<string> {
  if (key.spec.allow_list_info.length === 0) return 'N/A'
  const { data } = await api.take('GET', `${listsAt(at)}?api_key_ids=${key.info.id}`)
  return data.map((list: Json) => list.spec.name).join(', ')
}

async function listIdByName(api: AeonApi, at: Place, name: string): Promise<string> {
  const { data } = await api.take('GET', listsAt(at))
  const found = data.find((list: Json) => list.spec.name === name)
  if (found === undefined) throw new Error(`could not get allow list for name: ${name}`)
  return found.info.id
}

/** The first of what is found: neither client looks at its name. */
export async function roleIdByName(api: AeonApi, at: Place, name: string): Promise<string> {
  const find = (types: string) =>
    api.take(
      'GET',
      `/accounts/${at.account}/roles${queryOf({ role_types: types, limit: '100', display_name: name })}`,
    )
  const { data } = await find('ALL').catch((error: AeonError) => {
    if (error.message === 'Requested API not found') return find('SYSTEM')
    throw error
  })
  if (data.length === 0) throw new Error(`could not get role data for name: ${name}`)
  return data[0].info.id
}

async function hasSensitivePermission(api: AeonApi, at: Place, id: string): Promise<boolean> {
  const { data: catalogue } = await api.take('GET', '/resource-permissions')
  const sensitive = new Set<string>()
  for (const { info } of catalogue) {
    for (const group of info.operation_groups) {
      if (group.tags[0] === 'SENSITIVE') {
        sensitive.add(`${info.resource_type} ${group.operation_group}`)
      }
    }
  }
  const { data: role } = await api.take('GET', `/accounts/${at.account}/roles/${id}`)
  return namesOf(role.info.effective_permissions).some((name) => sensitive.has(name))
}

/** `CLUSTER READ` and so on, of permissions as an answer shows them. */
export function namesOf(permissions: readonly Json[]): string[] {
  return permissions.flatMap((permission) =>
    permission.operation_groups.map(
      (group: Json) => `${permission.resource_type} ${group.operation_group}`,
    ),
  )
}

async function knownPermissions(api: AeonApi, names: readonly string[]): Promise<Json[]> {
  const { data } = await api.take('GET', '/resource-permissions')
  const known = namesOf(data.map((entry: Json) => entry.info))
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length > 0) throw new Error(`no such permission: ${unknown}`)
  return names.map((name) => {
    const [resource_type, operation_group] = name.split(' ')
    return { resource_type, operation_groups: [{ operation_group }] }
  })
}

export function queryOf(parameters: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(parameters).filter((entry): entry is [string, string] => !!entry[1])
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`
}
