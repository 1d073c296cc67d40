/** A redemption beside the acts that it depends on: one of them comes first, and decides. */
import t, { type Test } from 'tap'
import { verifyAuditLog } from '../../src/management/audit/verify-audit-log.ts'
import { isolationLevels } from '../../src/store/database.ts'
import { secretOf } from '../helpers/api.ts'
import { createImpatientDatabase } from '../helpers/database.ts'
import { newAccount, newKey, newRole } from '../helpers/fixtures.ts'
import { connectRaw } from '../helpers/instances.ts'
import { untilBlocked } from '../helpers/locks.ts'
import { writeOidcFile } from '../helpers/oidc-file.ts'
import { redeemAs, signInAs, testIssuer, testProvider } from '../helpers/people.ts'
import { startTestService } from '../helpers/service.ts'

const email = 'new@example.com'

interface Race {
  readonly inviter?: 'person'
  readonly other: (site: Site) => Promise<unknown>
  /** What the redemption and the other act come to, by which of them is first. */
  readonly redeemedFirst: readonly [string, string]
  readonly otherFirst: readonly [string, string]
}

const until = (end: (site: Site) => Promise<unknown>, inviter?: 'person'): Race => ({
  ...(inviter !== undefined && { inviter }),
  other: end,
  redeemedFirst: ['added', '200'],
  otherFirst: ['void', '200'],
})

const races: Readonly<Record<string, Race>> = {
  'another redemption': {
    other: ({ redeem }) => redeem('another'),
    redeemedFirst: ['added', 'redeemed'],
    otherFirst: ['redeemed', 'added'],
  },
  'it is withdrawn': {
    other: ({ root, invitation }) => root.delete(invitation),
    redeemedFirst: ['added', '409'],
    otherFirst: ['withdrawn', '204'],
  },
  'it is sent again': {
    other: ({ root, invitation }) => root.post(`${invitation}/resend`),
    redeemedFirst: ['added', '409'],
    otherFirst: ['replaced', '200'],
  },
  'the person is added': {
    other: ({ root, at }) =>
      root.post(`${at}/users`, { issuer: testIssuer, subject: 'new', role: 'viewer' }),
    redeemedFirst: ['added', '409'],
    otherFirst: ['kept', '201'],
  },
  'the offered role is deleted': {
    other: ({ root, at, offered }) => root.delete(`${at}/roles/${offered}`),
    redeemedFirst: ['added', '409'],
    otherFirst: ['added', '409'],
  },
  'the offered role is widened': until(({ root, at, offered }) =>
    root.put(`${at}/roles/${offered}`, { name: 'offered', permissions: ['backup:delete'] }),
  ),
  'the role of the inviter is emptied': until(({ root, at, inviting }) =>
    root.put(`${at}/roles/${inviting}`, { name: 'inviting', permissions: [] }),
  ),
  'the key of the inviter is revoked': until(({ root, at, inviterId }) =>
    root.post(`${at}/api-keys/${inviterId}/revoke`),
  ),
  'the inviter is removed': until(
    ({ root, at, inviterId }) => root.post(`${at}/users/${inviterId}/remove`, { keys: 'keep' }),
    'person',
  ),
  'the inviter is lowered': until(
    ({ root, at, inviterId }) => root.patch(`${at}/users/${inviterId}`, { role: 'viewer' }),
    'person',
  ),
}

const started = await Promise.all(isolationLevels.map((isolation) => startAt(t, isolation)))

for (const [index, [name, race]] of Object.entries(races).entries()) {
  t.test(`a redemption beside: ${name}`, async (t) => {
    for (const [place, redeemsFirst] of [true, false].entries()) {
      // Each order at one isolation: the act of the redemption chooses its own.
      const service = started[(index + place) % started.length]
      if (service === undefined) throw new Error('There is no service.')
      const site = await openSite(service, race)
      const { raw } = service
      await raw.query('begin')
      await raw.query('select from account where id = $1 for update', [site.account])
      const acts = [() => site.redeem('new'), () => race.other(site)]
      if (!redeemsFirst) acts.reverse()
      const first = acts[0]?.()
      await untilBlocked(raw, 1)
      const second = acts[1]?.()
      await untilBlocked(raw, 2)
      await raw.query('commit')
      const outcomes = [await first, await second].map(outcomeOf)
      if (!redeemsFirst) outcomes.reverse()
      t.same(
        outcomes,
        redeemsFirst ? race.redeemedFirst : race.otherFirst,
        redeemsFirst ? 'the redemption first' : 'the other first',
      )
      const { body } = await service.root.get(`${site.at}/users`)
      const added = body.users.filter(
        (user: { role: { name: string } }) => user.role.name === 'offered',
      )
      const expected = outcomes.filter((outcome) => outcome === 'added').length
      t.equal(added.length, expected, 'as many people as redemptions')
      t.match(await verifyAuditLog(service.service.deps, []), { breaks: [] })
    }
  })
}

t.test('of many invitations of one address at once one is sent', async (t) => {
  for (const service of started) {
    const path = `/v1/accounts/${await newAccount(service.root)}/invitations`
    const body = { email, role: 'viewer' }
    const sent = await Promise.all(Array.from({ length: 4 }, () => service.root.post(path, body)))
    t.same(sent.map(({ status }) => status).sort(), [201, 409, 409, 409])
  }
})

async function startAt(t: Test, isolation: (typeof isolationLevels)[number]) {
  const database = await createImpatientDatabase(t)
  const settings = { OIDC_FILE: await writeOidcFile(t, [testProvider]) }
  const service = await startTestService(t, { database, isolation, settings })
  return { ...service, raw: await connectRaw(t, database.url) }
}

type Started = Awaited<ReturnType<typeof startAt>>
type Site = Awaited<ReturnType<typeof openSite>>

async function openSite(service: Started, { inviter }: Race) {
  const { root } = service
  const account = await newAccount(root)
  const at = `/v1/accounts/${account}`
  const inviting = await newRole(root, account, 'inviting', ['account_user:invite', 'cluster:read'])
  const offered = await newRole(root, account, 'offered', ['cluster:read'])
  const body = { email, role: offered }
  const send = async () => {
    if (inviter === undefined) {
      const { id, token } = await newKey(root, account, { role: inviting })
      return { id, sent: await service.as(token).post(`${at}/invitations`, body) }
    }
    const subject = `inviter-${account}`
    await root.post(`${at}/users`, { issuer: testIssuer, subject, role: inviting })
    const browser = await signInAs(service, subject)
    return { id: browser.userId, sent: await browser.call('POST', `${at}/invitations`, { body }) }
  }
  const { id: inviterId, sent } = await send()
  if (sent.status !== 201) throw new Error(sent.text)
  const secret = secretOf(sent.body.link)
  const invitation = `${at}/invitations/${sent.body.invitation.id}`
  const redeem = (subject: string) => redeemAs(service, secret, { subject, email })
  return { root, account, at, inviting, offered, inviterId, invitation, redeem }
}

/** What an act came to, in a word: an HTTP status, or what became of the redemption. */
function outcomeOf(answer: unknown): string {
  const { status, kind, reason, isAdded } = answer as Readonly<Record<string, unknown>>
  if (status !== undefined) return String(status)
  if (kind === 'refused') return String(reason)
  return isAdded === true ? 'added' : 'kept'
}
