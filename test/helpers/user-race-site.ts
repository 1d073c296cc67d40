import { randomUUID } from 'node:crypto'
import type { Client } from 'pg'
import type { Test } from 'tap'
import type { MappedRole } from '../../src/domain/person/mapping.ts'
import type { Redemption } from '../../src/management/invitations/redeem.ts'
import type { IsolationLevel } from '../../src/store/database.ts'
import type { RaceSite } from './act-races.ts'
import { secretOf } from './api.ts'
import { createImpatientDatabase } from './database.ts'
import { newKey, newRole } from './fixtures.ts'
import { connectRaw } from './instances.ts'
import { type JwtIssuer, startJwtIssuer } from './jwt-issuer.ts'
import { writeOidcFile } from './oidc-file.ts'
import { type PersonBrowser, redeemAs, signInAs } from './people.ts'
import { saveRows } from './saved-rows.ts'
import { startTestService, type TestService } from './service.ts'

/**
 * Who has signed in: two administrators, one who may do less, one without rights, one mapped, and
 * one whose mapped role has ended.
 */
export const people = ['ada', 'bob', 'clerk', 'member', 'mapped', 'lapsed'] as const
export type PersonLabel = (typeof people)[number]

/** An account with people who act on each other, and the means to restore it. */
export interface UserSite extends RaceSite, Pick<TestService, 'as' | 'root' | 'service'> {
  readonly account: string
  readonly issuer: JwtIssuer
  readonly people: Readonly<Record<PersonLabel, PersonBrowser>>
  /** The ids of keys and roles by their names, and of the second session of the clerk. */
  readonly ids: Readonly<Record<string, string>>
  /** Redeems an invitation by the clerk for a person with its address. */
  redeem(subject: string): Promise<Redemption>
  /** Signs a person in whose claims map to the roles. */
  signIn(subject: string, roles: readonly string[]): Promise<PersonBrowser>
}

const ofClerks = [
  'account_user:invite',
  'account_user:update',
  'account_user:delete',
  'api_key:create',
  'api_key:disable',
  'api_key:revoke',
  'api_key:rotate',
  'role:create',
  'role:update',
  'cluster:read',
]

/** Opens a site. Nobody but `ada` and `bob` has the role that an account must not lose. */
export async function openSite(t: Test, isolation: IsolationLevel): Promise<UserSite> {
  const database = await createImpatientDatabase(t)
  const issuer = await startJwtIssuer(t)
  const account = randomUUID()
  const roles = [{ claim: 'groups', value: 'mapped', account, role: 'mapped' }]
  const OIDC_FILE = await writeOidcFile(t, [{ ...issuer.entry, roles }])
  const settings = { OIDC_FILE, DATABASE_POOL_MAX: '8' }
  const started = await startTestService(t, { database, isolation, settings })
  const { root, as, service } = started
  const raw = await connectRaw(t, database.url)
  await root.post('/v1/accounts', { id: account, name: 'Acme' })

  const ids: Record<string, string> = {}
  for (const [name, permissions] of [
    ['clerks', ofClerks],
    ['given', ['cluster:read']],
    ['mapped', ['cluster:read', 'api_key:create']],
    ['ended', ['cluster:read', 'api_key:create']],
    ['nothing', []],
  ] as const) {
    ids[name] = await newRole(root, account, name, permissions)
  }
  const signIn: UserSite['signIn'] = (subject, names) => {
    const mapped = names.map((role): MappedRole => ({ accountId: account, role }))
    return signInAs(started, subject, mapped, {
      issuer: issuer.issuer,
      providerSession: `at the provider: ${subject}`,
    })
  }
  const enter = async (subject: PersonLabel, role: string): Promise<PersonBrowser> => {
    const body = { issuer: issuer.issuer, subject, role: ids[role] ?? role }
    await root.post(`/v1/accounts/${account}/users`, body)
    return signIn(subject, [])
  }
  const join = async (subject: PersonLabel, role: string): Promise<PersonBrowser> => {
    const body = { email: `${subject}@example.com`, role: ids[role] ?? role }
    const sent = (await root.post(`/v1/accounts/${account}/invitations`, body)).body
    ids[`invitation of ${subject}`] = sent.invitation.id
    await redeemAs(started, secretOf(sent.link), { issuer: issuer.issuer, subject })
    return signIn(subject, [])
  }
  const signedIn = {
    ada: await enter('ada', 'admin'),
    bob: await enter('bob', 'admin'),
    clerk: await enter('clerk', 'clerks'),
    member: await join('member', 'given'),
    mapped: await signIn('mapped', ['mapped']),
    lapsed: await signIn('lapsed', ['ended']),
  }
  ids.clerkElsewhere = (await signIn('clerk', [])).sessionId
  for (const [author, role] of [
    ['clerk', 'given'],
    ['mapped', 'given'],
    ['lapsed', 'given'],
  ] as const) {
    const name = `of ${author}`
    const body = { name, role: ids[role], expires_at: null }
    const path = `/v1/accounts/${account}/api-keys`
    ids[name] = (await signedIn[author].call('POST', path, { body })).body.api_key.id
  }
  ids['of root'] = (await newKey(root, account, { name: 'of root', role: ids.given })).id
  const invitation = { email: 'invited@example.com', role: ids.given }
  const invitations = `/v1/accounts/${account}/invitations`
  const sent = (await signedIn.clerk.call('POST', invitations, { body: invitation })).body
  ids.invitation = sent.invitation.id
  // The keys of the issuer are asked for before any race.
  await as(issuer.mint('mapped', { claims: { groups: 'mapped' } })).get('/v1/me')
  await raw.query(
    `update membership set mapped_until = statement_timestamp() - interval '1 second'
     from person where person.id = person_id and subject = 'lapsed'`,
  )
  const restoreRows = await saveRows(raw)
  return {
    raw,
    account,
    issuer,
    root,
    as,
    service,
    people: signedIn,
    ids,
    signIn,
    redeem: (subject) =>
      redeemAs(started, secretOf(sent.link), {
        issuer: issuer.issuer,
        subject,
        email: invitation.email,
      }),
    async restore() {
      await restoreRows()
      service.deps.cache.clear()
      // What sessions were judged by, too.
      service.deps.freshness.invalidate([{ kind: 'everything' }])
    },
    state: () => stateOf(raw, account),
  }
}

/**
 * The users of the account, their sessions that go on, and its keys, roles and invitations, as one
 * text.
 */
async function stateOf(raw: Client, account: string): Promise<string> {
  const { rows } = await raw.query(
    `select string_agg(line, e'\n' order by line) as state from (
      select concat_ws(' ', 'user', subject, role.name, mapped_until is null,
        (select count(*) from user_session
          where membership_id = membership.id and ended_at is null)) as line
      from membership join person on person.id = person_id join role on role.id = role_id
      where membership.account_id = $1 and membership.live
      union all
      select concat_ws(' ', 'key', api_key.name, role.name, disabled_at is null,
        revoked_at is null, created_by_name,
        (select max(generation) from credential where api_key_id = api_key.id)) as line
      from api_key join role on role.id = role_id where api_key.account_id = $1
      union all
      select concat_ws(' ', 'role', name, effective_account) from role
      where not built_in and account_id = $1 and live
      union all
      select concat_ws(' ', 'invitation', folded_email, role.name, invited_by_name,
        redeemed_at is null, withdrawn_at is null) as line
      from invitation join role on role.id = role_id where invitation.account_id = $1
    ) as lines`,
    [account],
  )
  // The name of the root key has the time of its site.
  return String(rows[0]?.state).replaceAll(/\broot \d{4}-\S+/g, 'root')
}
