/**
 * Every act leaves exactly one event, in its own transaction, and what it says is true and no
 * secret.
 */
import { createSecretKey } from 'node:crypto'
import t from 'tap'
import { type AuditEvent, originOf } from '../../src/domain/audit/audit-event.ts'
import { contentOf, eventOf } from '../../src/domain/audit/content.ts'
import { entryHashOf, keySetOf } from '../../src/domain/audit/entry-hash.ts'
import { differenceOf } from '../../src/domain/audit/snapshots.ts'
import { canonicalJson } from '../../src/domain/canonical-json.ts'
import { parseCatalogue } from '../../src/domain/permission.ts'
import aeon from '../../src/domain/permissions.aeon.json' with { type: 'json' }
import { system } from '../../src/domain/principal.ts'
import { applyCatalogue } from '../../src/management/roles/catalogue.ts'
import { issueRootKey } from '../../src/setup/issue-root-key.ts'
import { rotateTagKey } from '../../src/setup/rotate-tag-key.ts'
import type { Answer, Json } from '../helpers/api.ts'
import { auditLogOf, countEvents } from '../helpers/audit-log.ts'
import { signIn } from '../helpers/browser.ts'
import { startCheckedService } from '../helpers/checked-service.ts'
import { newAccount, newAllowList, newInvitation, newKey, newRole } from '../helpers/fixtures.ts'
import { connectRaw } from '../helpers/instances.ts'
import { writeOidcFile } from '../helpers/oidc-file.ts'
import { testIssuer, testProvider } from '../helpers/people.ts'

/** Routes that change nothing, though their method could. */
const changeNothing = [
  'POST /oauth2/introspect',
  'POST /v1/verify',
  'POST /v1/verify/batch',
  'POST /v1/accounts/{account_id}/api-keys/{id}/explain',
]

t.test('every route that changes something writes one audit event to its account', async (t) => {
  const settings = { OIDC_FILE: await writeOidcFile(t, [testProvider]) }
  const started = await startCheckedService(t, { settings })
  const { root, service } = started
  const raw = await connectRaw(t, started.database.url)
  const account = await newAccount(root, 'Acme')
  const at = `/v1/accounts/${account}`
  const key = async (values = {}) => `${at}/api-keys/${(await newKey(root, account, values)).id}`
  const role = async () => `${at}/roles/${await newRole(root, account, `r ${Math.random()}`, [])}`
  const list = async () =>
    `${at}/allow-lists/${await newAllowList(root, account, ['192.0.2.1'], `l ${Math.random()}`)}`
  const user = async () => {
    const body = { issuer: testIssuer, subject: `u${Math.random()}`, role: 'viewer' }
    return `${at}/users/${(await root.post(`${at}/users`, body)).body.user.id}`
  }
  const invitation = async () => `${at}/invitations/${(await newInvitation(root, account)).id}`
  const ready = { name: 'changed', permissions: ['cluster:read'] }

  /** For each route one act and its event. Add each new route that changes something. */
  const acts: Readonly<Record<string, () => Promise<readonly [Promise<Answer>, Json]>>> = {
    'POST /v1/accounts': async () => [
      root.post('/v1/accounts', { name: 'Globex' }),
      { action: 'account.created', before: null, after: { name: 'Globex' } },
    ],
    'PATCH /v1/accounts/{account_id}': async () => [
      root.patch(at, { name: 'Acme Inc' }),
      { action: 'account.updated', before: { name: 'Acme' }, after: { name: 'Acme Inc' } },
    ],
    'POST /v1/accounts/{account_id}/api-keys': async () => [
      root.post(`${at}/api-keys`, { name: 'ci', role: 'viewer', expires_at: null }),
      {
        action: 'api_key.issued',
        before: null,
        after: { name: 'ci', role: { name: 'viewer' }, reach: 'anywhere', expires_at: null },
      },
    ],
    'PATCH /v1/accounts/{account_id}/api-keys/{id}': async () => [
      root.call('PATCH', await key(), {
        body: { name: 'renamed', metadata: { team: 'ops' } },
        headers: { 'if-match': '*' },
      }),
      {
        action: 'api_key.updated',
        before: { metadata: {} },
        after: { name: 'renamed', metadata: { team: 'ops' } },
      },
    ],
    'POST /v1/accounts/{account_id}/api-keys/{id}/rotate': async () => [
      root.post(`${await key()}/rotate`, { overlap_seconds: 60 }),
      {
        action: 'api_key.rotated',
        before: { generation: 1, overlap_ends_at: null },
        after: { generation: 2, overlap_ends_at: String },
      },
    ],
    'POST /v1/me/rotate': async () => [
      started.as((await newKey(root, account)).token).post('/v1/me/rotate', {
        overlap_seconds: 0,
      }),
      {
        action: 'api_key.rotated',
        actor: { kind: 'api_key' },
        before: { generation: 1 },
        after: { generation: 2 },
      },
    ],
    'POST /v1/accounts/{account_id}/api-keys/{id}/disable': async () => [
      root.post(`${await key()}/disable`, { reason: 'on holiday' }),
      {
        action: 'api_key.disabled',
        before: { disabled_at: null },
        after: { disabled_at: String },
        reason: 'on holiday',
      },
    ],
    'POST /v1/accounts/{account_id}/api-keys/{id}/enable': async () => {
      const path = await key()
      await root.post(`${path}/disable`)
      return [
        root.post(`${path}/enable`),
        {
          action: 'api_key.enabled',
          before: { disabled_at: String },
          after: { disabled_at: null },
        },
      ]
    },
    'POST /v1/accounts/{account_id}/api-keys/{id}/revoke': async () => [
      root.post(`${await key()}/revoke`, { reason: 'leaked' }),
      {
        action: 'api_key.revoked',
        before: { revoked_at: null },
        after: { revoked_at: String },
        reason: 'leaked',
      },
    ],
    'POST /v1/accounts/{account_id}/api-keys/revoke': async () => {
      await key({ name: 'of many 1' })
      await key({ name: 'of many 2' })
      return [
        root.post(`${at}/api-keys/revoke`, {
          filter: { name_prefix: 'of many' },
          reason: 'left',
        }),
        {
          action: 'api_key.bulk_revoked',
          after: { filter: { name_prefix: 'of many' } },
          api_keys: { count: 2 },
          reason: 'left',
        },
      ]
    },
    'POST /v1/api-keys/revoke': async () => {
      await key({ name: 'of all' })
      return [
        root.post('/v1/api-keys/revoke', { filter: { name_prefix: 'of all' } }),
        { action: 'api_key.bulk_revoked', api_keys: { count: 1 } },
      ]
    },
    'POST /v1/accounts/{account_id}/allow-lists': async () => [
      root.post(`${at}/allow-lists`, { name: 'office', entries: ['10.0.0.0/8'] }),
      { action: 'allow_list.created', before: null, after: { entries: ['10.0.0.0/8'] } },
    ],
    'PATCH /v1/accounts/{account_id}/allow-lists/{id}': async () => [
      root.patch(await list(), { entries: ['192.0.2.2'] }),
      {
        action: 'allow_list.updated',
        before: { entries: ['192.0.2.1'] },
        after: { entries: ['192.0.2.2'] },
      },
    ],
    'DELETE /v1/accounts/{account_id}/allow-lists/{id}': async () => [
      root.delete(await list()),
      { action: 'allow_list.deleted', before: { entries: ['192.0.2.1'] }, after: null },
    ],
    'POST /v1/accounts/{account_id}/roles': async () => [
      root.post(`${at}/roles`, { name: 'reader', permissions: ['cluster:read'] }),
      { action: 'role.created', before: null, after: { permissions: ['cluster:read'] } },
    ],
    'PUT /v1/accounts/{account_id}/roles/{id}': async () => [
      root.put(await role(), ready),
      { action: 'role.updated', before: { permissions: [] }, after: ready },
    ],
    'DELETE /v1/accounts/{account_id}/roles/{id}': async () => [
      root.delete(await role()),
      { action: 'role.deleted', before: { permissions: [] }, after: null },
    ],
    'POST /v1/accounts/{account_id}/users': async () => [
      root.post(`${at}/users`, { issuer: testIssuer, subject: 'new', role: 'viewer' }),
      { action: 'user.added', before: null, after: { subject: 'new', role_mapped: false } },
    ],
    'PATCH /v1/accounts/{account_id}/users/{id}': async () => [
      root.patch(await user(), { role: 'developer' }),
      {
        action: 'user.updated',
        before: { role: { name: 'viewer' } },
        after: { role: { name: 'developer' } },
      },
    ],
    'POST /v1/accounts/{account_id}/users/{id}/remove': async () => [
      root.post(`${await user()}/remove`, { keys: 'keep', reason: 'left' }),
      { action: 'user.removed', before: { role: { name: 'viewer' } }, after: null, reason: 'left' },
    ],
    'POST /v1/accounts/{account_id}/invitations': async () => [
      root.post(`${at}/invitations`, { email: 'Ada@example.com', role: 'viewer' }),
      {
        action: 'invitation.sent',
        resource: { type: 'invitation', name: 'Ada@example.com' },
        before: null,
        after: { email: 'Ada@example.com', role: { name: 'viewer' } },
      },
    ],
    'POST /v1/accounts/{account_id}/invitations/{id}/resend': async () => [
      root.post(`${await invitation()}/resend`),
      {
        action: 'invitation.resent',
        before: { expires_at: String },
        after: { expires_at: String },
      },
    ],
    'DELETE /v1/accounts/{account_id}/invitations/{id}': async () => [
      root.delete(await invitation()),
      { action: 'invitation.withdrawn', before: { withdrawn_at: null }, after: {} },
    ],
    'DELETE /v1/sessions/{id}': async () => {
      const { token } = await newKey(root, account)
      const { sessionId } = await signIn(started, { key: token })
      return [
        started.as(token).delete(`/v1/sessions/${sessionId}`),
        { action: 'session.ended', before: { ended_at: null }, after: {} },
      ]
    },
  }
  t.same(Object.keys(acts).sort(), changingRoutes(service.app.swagger()), 'every route is tried')

  for (const [route, prepare] of Object.entries(acts)) {
    const [answering, expected] = await prepare().then(async ([act, event]) => {
      // The act has begun; what made it ready is counted with it, and is known.
      return [await act, event] as const
    })
    t.ok(answering.status < 300, `${route}: ${answering.status} ${answering.text}`)
    const created = answering.body?.account?.id ?? account
    const auditLog = await auditLogOf(raw, created)
    t.match(auditLog.at(-1), { ...expected, account_id: created }, route)
    t.equal(auditLog.at(-1)?.request_id, answering.headers['x-request-id'], route)
    const ofThisRequest = auditLog.filter(
      (event) => event.request_id === answering.headers['x-request-id'],
    )
    t.equal(ofThisRequest.length, 1, `${route} leaves one event`)
    t.same(
      auditLog.map((event) => event.number),
      auditLog.map((_, index) => index + 1),
      'without gaps',
    )
  }

  await t.test('a request that is refused or changes nothing writes no audit event', async (t) => {
    const path = await key({ name: 'once' })
    await root.post(`${path}/revoke`)
    const before = await countEvents(raw)
    const idle: readonly [Promise<Answer>, number][] = [
      [root.post(`${path}/revoke`), 200],
      [root.post(`${path}/disable`), 409],
      [root.post('/v1/accounts', { id: account, name: 'Acme Inc' }), 200],
      [root.patch(at, { name: 'Acme Inc' }), 200],
      [root.post(`${at}/api-keys`, { name: ' ', role: 'viewer', expires_at: null }), 400],
      [root.delete(`${at}/roles/${account}`), 404],
      [root.post(`${path}/explain`, {}), 200],
    ]
    for (const [answering, status] of idle) t.equal((await answering).status, status)
    t.equal(await countEvents(raw), before)
  })
})

t.test('an audit event names its actor, acting user, address and request', async (t) => {
  const started = await startCheckedService(t)
  const { root, as } = started
  const raw = await connectRaw(t, started.database.url)
  const account = await newAccount(root)
  const me = (await root.get('/v1/me')).body.api_key
  const own = await newKey(root, account, { name: 'own' })
  const issue = (name: string) => ({
    body: { name, role: 'viewer', expires_at: null },
    remoteAddress: '2001:db8::7',
  })
  const path = `/v1/accounts/${account}/api-keys`
  await as(own.token).call('POST', path, {
    ...issue('by a key'),
    headers: { 'x-request-id': 'r-1' },
  })
  await root.call('POST', path, issue('by the platform'))
  await root.call('POST', path, {
    ...issue('for a user'),
    headers: { 'x-acting-user': 'u1', 'x-acting-user-name': 'Ada' },
  })
  t.match((await auditLogOf(raw, account)).slice(-3), [
    {
      actor: { kind: 'api_key', id: own.id, name: 'own' },
      via: { api_key_id: own.id, platform: false },
      client_ip: '2001:db8::7',
      request_id: 'r-1',
      resource: { type: 'api_key', name: 'by a key' },
    },
    {
      actor: { kind: 'platform', id: me.id, name: me.name },
      via: { api_key_id: me.id, platform: true },
    },
    { actor: { kind: 'user', id: 'u1', name: 'Ada' }, via: { api_key_id: me.id, platform: true } },
  ])
})

t.test('what the service does by itself is in the audit log of the platform', async (t) => {
  const started = await startCheckedService(t)
  const { root, service, canaries } = started
  const { deps } = service
  const raw = await connectRaw(t, started.database.url)
  const platform = (await root.get('/v1/me')).body.api_key.account_id
  const system = { actor: { kind: 'system', id: null, name: null }, via: null, request_id: null }

  await rotateTagKey(deps, 10_000)
  canaries.addToken((await issueRootKey(deps, deps.db)).token)
  const [first, ...others] = parseCatalogue(aeon)
  await applyCatalogue(deps, others)
  const auditLog = await auditLogOf(raw, platform)
  t.match(auditLog, [
    { ...system, action: 'account.created' },
    { ...system, action: 'api_key.issued' },
    { ...system, action: 'tag_key.published', after: { signs: false } },
    { ...system, action: 'tag_key.rotated', after: { signs: true } },
    { ...system, action: 'api_key.issued' },
    { ...system, action: 'permission_catalogue.replaced' },
  ])
  t.same(Object.keys(auditLog.at(-1)?.before), [first?.name], 'by name what is no longer there')
})

t.test('a token in a text field is redacted from the audit log', async (t) => {
  const started = await startCheckedService(t)
  const raw = await connectRaw(t, started.database.url)
  const account = await newAccount(started.root)
  const { id } = await newKey(started.root, account)
  const token = `aeon_${'1'.repeat(22)}${'s'.repeat(43)}_${'t'.repeat(11)}`
  const path = `/v1/accounts/${account}/api-keys/${id}`
  await started.root.post(`${path}/revoke`, { reason: `it was\n${token}` })
  const [event] = (await auditLogOf(raw, account)).slice(-1)
  t.equal(event.reason, `it was\naeon_${'1'.repeat(22)}[redacted]`)
})

t.test('the canonical text of an audit event does not depend on the order of fields', async (t) => {
  t.equal(
    canonicalJson({ b: [{ d: 1, c: null }], a: '\u20ac"' }),
    '{"a":"\u20ac\\"","b":[{"c":null,"d":1}]}',
  )
  t.equal(canonicalJson({ '2': 0, '10': 0, a: 0 }), '{"10":0,"2":0,"a":0}', 'numbers as names too')
  t.same(differenceOf({ a: 1, b: { c: [1, 2] } }, { a: 2, b: { c: [1, 2] } }), {
    before: { a: 1 },
    after: { a: 2 },
  })
})

t.test('an entry hash depends on all entries before it and on the audit key', async (t) => {
  const event = (number: number): AuditEvent => ({
    id: '0192f3a4-5b6c-7d8e-9f01-23456789abcd',
    accountId: '0192f3a4-5b6c-7d8e-9f01-23456789abce',
    number,
    createdAt: new Date(0),
    action: 'api_key.bulk_revoked',
    resource: { type: 'api_key', id: null, name: null },
    before: null,
    after: null,
    origin: originOf(system),
    reason: null,
    apiKeys: keySetOf(['b', 'a']),
    auditKeyId: null,
  })
  t.same(keySetOf(['b', 'a']), keySetOf(['a', 'b']))
  t.same(eventOf(contentOf(event(1))), event(1), 'its text is all of it')
  const contents = [contentOf(event(1)), contentOf(event(2))]
  const keys = [
    undefined,
    createSecretKey(Buffer.alloc(32, 1)),
    createSecretKey(Buffer.alloc(32, 2)),
  ]
  const links = [Buffer.alloc(32), Buffer.alloc(32, 1)].flatMap((previous) =>
    contents.flatMap((content) =>
      keys.map((key) => entryHashOf(previous, content, key).toString('hex')),
    ),
  )
  t.equal(new Set(links).size, 12)
})

/** The routes of the document whose method can change something, but for those that do not. */
function changingRoutes(document: Json): string[] {
  return Object.entries(document.paths)
    .flatMap(([path, item]) =>
      Object.keys(item as object).map((method) => `${method.toUpperCase()} ${path}`),
    )
    .filter((route) => /^(POST|PUT|PATCH|DELETE) /.test(route))
    .filter((route) => !changeNothing.includes(route) && !route.includes('forward-auth'))
    .sort()
}
