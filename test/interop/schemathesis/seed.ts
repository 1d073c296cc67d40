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
  /** By the collection in a path, what its DELETE names, and no other request. */
  readonly removable: Readonly<Record<string, readonly string[]>>
  /** The values of each kind of id. */
  readonly values: Readonly<Record<Kind, readonly (string | number)[]>>
}

export type Kind =
  | 'accounts'
  | 'spares'
  | 'inviters'
  | 'roles_of_inviters'
  | 'projects'
  | 'keys'
  | 'tokens'
  | 'lists'
  | 'roles'
  | 'lists_to_grant'
  | 'roles_to_grant'
  | 'revisions'
  | 'receipts'
  | 'sessions'
  | 'users'
  | 'invitations'
  | 'issuers'
  | 'numbers'

/** More than Schemathesis revokes, rotates and deletes while it also tries those that live. */
const counts = { keys: 150, lists: 40, roles: 60, users: 40, invitations: 40 }
/** Of each kind: what only a DELETE names, and what only a body names. */
const [removable, granted] = [10, 10]

export async function seed(service: TestService): Promise<Seed> {
  const { root, rootToken } = service
  const me: Json = (await root.get('/v1/me')).body.api_key
  const rotating = await newKey(root, me.account_id)
  const account = await newAccount(root)
  const { project_id: project } = (await root.get(`/v1/accounts/${account}`)).body.account
  // A bulk revocation ends the keys of an account of its own, not those that others use.
  const spare = await newAccount(root)
  for (let n = 0; n < 9; n += 1) await newKey(root, spare)
  const inviter = await newAccount(root)
  const roleOfInviter = await newRole(root, inviter, 'Role', ['cluster:read'])
  const lists = await repeat(counts.lists + removable + granted, (n) =>
    newAllowList(root, account, [`198.51.100.${n}`]),
  )
  const roles = await repeat(counts.roles + removable + granted, (n) =>
    newRole(root, account, `Role ${n}`, ['cluster:read']),
  )
  const restricted = { role: roles[0], allow_list_ids: [lists[0]] }
  const keys = []
  for (let n = 0; n < counts.keys; n += 1) {
    keys.push(await newKey(root, account, n % 3 === 0 ? restricted : {}))
  }
  const users = await repeat(counts.users + removable, async (n): Promise<string> => {
    const person = { issuer: exampleIssuer, subject: `person-${n}`, role: 'viewer' }
    return (await root.post(`/v1/accounts/${account}/users`, person)).body.user.id
  })
  const invitations = await repeat(
    counts.invitations + removable,
    async () => (await newInvitation(root, account)).id,
  )
  // Those of the caller: no other key can see or end them.
  const sessions = await repeat(
    1 + removable,
    async () => (await signIn(service, { key: rootToken })).sessionId,
  )
  await newKey(root, account, { name: 'leaver' })
  const filter = { name_prefix: 'leaver' }
  const ended = await root.post(`/v1/accounts/${account}/api-keys/revoke`, { filter })
  const { audit_events: events }: Json = (await root.get(`/v1/accounts/${account}/audit-events`))
    .body
  return {
    platform: me.account_id,
    rootKey: me.id,
    rotating: rotating.token,
    removable: {
      'allow-lists': lists.splice(counts.lists, removable),
      roles: roles.splice(counts.roles, removable),
      users: users.splice(counts.users),
      invitations: invitations.splice(counts.invitations),
      sessions: sessions.splice(1),
    },
    values: {
      accounts: [account],
      spares: [spare],
      inviters: [inviter],
      roles_of_inviters: [roleOfInviter],
      projects: [project],
      keys: keys.map(({ id }) => id),
      tokens: keys.map(({ token }) => token),
      // No request deletes these: one that names them in its body finds them.
      lists_to_grant: lists.splice(counts.lists),
      roles_to_grant: roles.splice(counts.roles),
      lists,
      roles,
      revisions: [ended.body.receipt.revision],
      sessions,
      users,
      invitations,
      issuers: [exampleIssuer],
      receipts: [ended.body.receipt.id],
      numbers: [events[0].number],
    },
  }
}

/** What `create` returns for each number from 0 on, one call after the other. */
async function repeat<T>(times: number, create: (n: number) => Promise<T>): Promise<T[]> {
  const created: T[] = []
  for (let n = 0; n < times; n += 1) created.push(await create(n))
  return created
}
