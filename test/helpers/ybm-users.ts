/** The commands of `ybm user` and Terraform's `ybm_user` as the calls that they make. */
import type { AeonApi } from './aeon.ts'
import type { Json } from './api.ts'
import { queryOf, roleIdByName, whoAmI } from './ybm.ts'

/** `ybm user list [--email]`. */
export async function listUsers(api: AeonApi, email?: string): Promise<Json[]> {
  const { account } = await whoAmI(api)
  return (await api.take('GET', `/accounts/${account}/users${queryOf({ email })}`)).data
}

/** `ybm user invite`, and how Terraform begins: the first result of a batch of one. */
export async function inviteUser(api: AeonApi, email: string, roleName: string): Promise<Json> {
  const at = await whoAmI(api)
  const role_id = await roleIdByName(api, at, roleName)
  const path = `/accounts/${at.account}/users/batch`
  const { data } = await api.take('POST', path, { user_list: [{ email, role_id }] })
  const [result] = data.user_list
  if (!result.is_successful) throw new Error(result.error_message)
  return result.InviteUserData
}

/** `ybm user update`: the first user of that address. */
export async function updateUser(api: AeonApi, email: string, roleName: string): Promise<void> {
  const at = await whoAmI(api)
  const id = await userIdByEmail(api, at.account, email)
  const role_id = await roleIdByName(api, at, roleName)
  await api.take('PUT', `/accounts/${at.account}/users/${id}/roles`, { role_id })
}

/** `ybm user delete`: the first user of that address. */
export async function deleteUser(api: AeonApi, email: string): Promise<void> {
  const { account } = await whoAmI(api)
  await api.take('DELETE', `/accounts/${account}/users/${await userIdByEmail(api, account, email)}`)
}

/** What Terraform keeps of a user as its state: it reads the first one without a look at it. */
export async function terraformReadUser(api: AeonApi, email: string): Promise<Json> {
  const [user] = await listUsers(api, email)
  const { first_name: first = '', last_name: last = '' } = user.spec
  return {
    user_id: user.info.id,
    role_name: user.info.role_list[0].roles[0].info.display_name,
    user_name: first + last,
    user_state: user.info.state,
  }
}

async function userIdByEmail(api: AeonApi, account: string, email: string): Promise<string> {
  const { data } = await api.take('GET', `/accounts/${account}/users${queryOf({ email })}`)
  if (data.length === 0) throw new Error(`could not get user data for email: ${email}`)
  return data[0].info.id
}
