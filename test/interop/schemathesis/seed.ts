import type { Json } from '../../helpers/api.ts'
import { signIn } from '../../helpers/browser.ts'
import { newAccount, newAllowList, newInvitation, newKey, newRole } from '../../helpers/fixtures.ts'
import { exampleIssuer } from '../../helpers/oidc-file.ts'
import type { TestService } from '../../helpers/service.ts'

/** What exists before Schemathesis asks: it cannot guess an id, and would see 404 only. */
export interface Seed {
  readonly platform: string
  readonly rootKey: string
  /** The token of a key of the platform that may rotate itself. */
  readonly rotating: string
  /** The values of each kind of id. */
  readonly values: Readonly<Record<Kind, readonly (string | number)[]>>
}

export type Kind =
  | 'accounts'
  | 'spares'
  | 'projects'
  | 'keys'
  | 'tokens'
  | 'lists'
  | 'roles'
  | 'revisions'
  | 'receipts'
  | 'sessions'
  | 'users'
  | 'invitations'
  | 'issuers'
  | 'numbers'

/** More than Schemathesis revokes, rotates and deletes while it also tries those that live. */
const counts = { keys: 150, lists: 40, roles: 60, users: 40, invitations: 40 }

export async function seed(service: TestService): Promise<Seed> {
  const { root, rootToken } = service
  const me: Json = (await root.get('/v1/me')).body.api_key
  const rotating = await newKey(root, me.account_id)
  const account = await newAccount(root)
  const { project_id: project } = (await root.get(`/v1/accounts/${account}`)).body.account
  // A bulk revocation ends the keys of an account of its own, not those that others use.
  const spare = await newAccount(root)
  for (let n = 0; n < 9; n += 1) await newKey(root, spare)
  const lists: string[] = []
  for (let n = 0; n < counts.lists; n += 1) {
    lists.push(await newAllowList(root, account, [`198.51.100.${n}`]))
  }
  const roles: string[] = []
  for (let n = 0; n < counts.roles; n += 1) {
    roles.push(await newRole(root, account, `Role ${n}`, ['cluster:read']))
  }
  const restricted = { role: roles[0], allow_list_ids: [lists[0]] }
  const keys = []
  for (let n = 0; n < counts.keys; n += 1) {
    keys.push(await newKey(root, account, n % 3 === 0 ? restricted : {}))
  }
  const users: string[] = []
  for (let n = 0; n < counts.users; n += 1) {
    const person = { issuer: exampleIssuer, subject: `person-${n}`, role: 'viewer' }
    users.push((await root.post(`/v1/accounts/${account}/users`, person)).body.user.id)
  }
  const invitations: string[] = []
  for (let n = 0; n < counts.invitations; n += 1) {
    invitations.push((await newInvitation(root, account)).id)
  }
  // Those of the caller: no other key can see or end them.
  const browser = await signIn(service, { key: rootToken })
  await newKey(root, account, { name: 'leaver' })
  const filter = { name_prefix: 'leaver' }
  const ended = await root.post(`/v1/accounts/${account}/api-keys/revoke`, { filter })
  const { audit_events: events }: Json = (await root.get(`/v1/accounts/${account}/audit-events`))
    .body
  return {
    platform: me.account_id,
    rootKey: me.id,
    rotating: rotating.token,
    values: {
      accounts: [account],
      spares: [spare],
      projects: [project],
      keys: keys.map(({ id }) => id),
      tokens: keys.map(({ token }) => token),
      lists,
      roles,
      revisions: [ended.body.receipt.revision],
      sessions: [browser.sessionId],
      users,
      invitations,
      issuers: [exampleIssuer],
      receipts: [ended.body.receipt.id],
      numbers: [events[0].number],
    },
  }
}
