import { type Api, type Json, secretOf } from './api.ts'

/** Makes an account of its own, for tests that count or name things. */
export async function newAccount(root: Api, name = 'Acme'): Promise<string> {
  const { status, body } = await root.post('/v1/accounts', { name })
  if (status !== 201) throw new Error(`account: ${status} ${JSON.stringify(body)}`)
  return body.account.id
}

export interface IssuedKey {
  readonly id: string
  readonly token: string
  readonly body: Json
}

let issued = 0

/**
 * Issues a key of the account, by default a never-expiring admin that may be used from anywhere.
 */
export async function newKey(
  api: Api,
  accountId: string,
  values: Readonly<Record<string, unknown>> = {},
): Promise<IssuedKey> {
  issued += 1
  const { status, body } = await api.post(`/v1/accounts/${accountId}/api-keys`, {
    name: `key ${issued}`,
    role: 'admin',
    expires_at: null,
    ...values,
  })
  if (status !== 201) throw new Error(`key: ${status} ${JSON.stringify(body)}`)
  return { id: body.api_key.id, token: body.token, body: body.api_key }
}

export async function newAllowList(
  api: Api,
  accountId: string,
  entries: readonly string[],
  name = `list ${entries[0]}`,
): Promise<string> {
  const { status, body } = await api.post(`/v1/accounts/${accountId}/allow-lists`, {
    name,
    entries,
  })
  if (status !== 201) throw new Error(`allow list: ${status} ${JSON.stringify(body)}`)
  return body.allow_list.id
}

export async function newRole(
  api: Api,
  accountId: string,
  name: string,
  permissions: readonly string[],
): Promise<string> {
  const { status, body } = await api.post(`/v1/accounts/${accountId}/roles`, { name, permissions })
  if (status !== 201) throw new Error(`role: ${status} ${JSON.stringify(body)}`)
  return body.role.id
}

export interface SentInvitation {
  readonly id: string
  readonly email: string
  /** The secret of its link. */
  readonly secret: string
  readonly body: Json
}

let invited = 0

/** Invites an address of its own, by default to the role viewer. */
export async function newInvitation(
  api: Api,
  accountId: string,
  values: { readonly email?: string; readonly role?: string } = {},
): Promise<SentInvitation> {
  invited += 1
  const wanted = { email: `person-${invited}@example.com`, role: 'viewer', ...values }
  const { status, body } = await api.post(`/v1/accounts/${accountId}/invitations`, wanted)
  if (status !== 201) throw new Error(`invitation: ${status} ${JSON.stringify(body)}`)
  const { id } = body.invitation
  return { id, email: wanted.email, secret: secretOf(body.link), body: body.invitation }
}
