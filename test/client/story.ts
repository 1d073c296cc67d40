/**
 * The life of a key, told to a running service through the generated client alone:
 * BASE_URL=http://127.0.0.1:8080 FUTURE_URL=... ROOT_TOKEN=aeon_... npm run story
 * FUTURE_URL gives the answers of a later version (test/interop/sdks/future.ts). A document that
 * does not say what the service does fails here: at compile time by its types, or at run time.
 */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'

import { type Client, createClient, createConfig } from './generated/client/index.ts'
import {
  type Account,
  type ApiKey,
  createAccount,
  createAllowList,
  createRole,
  deleteRole,
  disableApiKey,
  enableApiKey,
  getAllowList,
  getApiKey,
  getMe,
  issueApiKey,
  type ListApiKeysData,
  listApiKeys,
  listPermissions,
  type Problem,
  type Role,
  reportApiKeys,
  revokeApiKey,
  revokeApiKeys,
  rotateApiKey,
  rotateMe,
  updateApiKey,
  type Verdict,
  verifyToken,
  verifyTokens,
} from './generated/index.ts'

/**
 * What a generated function resolves to: data or an error, and the response that it was read from.
 */
interface Answer<Data, Failure> {
  readonly data: Data
  readonly error: Failure
  readonly response?: Response
}

interface Tenant {
  readonly account: Account
  readonly role: Role
}

interface Issued {
  readonly key: ApiKey
  readonly token: string
}

const inside = ['203.0.113.7', '198.51.100.1', '198.51.100.255', '2001:db8::1', '2001:db8:1::9']
const outside = ['203.0.113.8', '198.51.101.0', '2001:db8::2', '2001:db8:2::', '::ffff:192.0.2.1']
const loopback = ['127.0.0.0/8', '::1']

const baseUrl = required('BASE_URL')
const futureUrl = required('FUTURE_URL')
const root = clientOf(required('ROOT_TOKEN'))

const tenant = await openAccount()
const listId = await createNetworks(tenant)
const issued = await issue(tenant, { name: 'ci deploy', allow_list_ids: [listId] })
await introduceItself(tenant, issued)
await verify(tenant, issued)
await list(tenant, issued)
await disableAndEnable(tenant, issued)
await change(tenant, issued)
const rotated = await rotate(tenant, issued)
await meetFuture(tenant, rotated)
await refuse(tenant, rotated)
await revoke(tenant, rotated)
await leave(tenant)
told('the story in TypeScript')

async function openAccount(): Promise<Tenant> {
  const { permissions } = succeeded(await listPermissions({ client: root }))
  const names = permissions.map((permission) => permission.name)
  assert.ok(names.includes('cluster:read') && names.includes('api_key:read'), 'the catalogue')

  const id = randomUUID()
  const name = `story ${id}`
  const { account } = succeeded(await createAccount({ client: root, body: { id, name } }), 201)
  assert.deepEqual({ id: account.id, name: account.name }, { id, name })

  const path = { account_id: id }
  const body = { name: 'Reader', description: 'Reads.', permissions: ['cluster:read'] }
  const { role } = succeeded(await createRole({ client: root, path, body }), 201)
  assert.deepEqual(role.permissions, body.permissions)
  assert.equal(role.built_in, false)
  told('an account and a role of its own')
  return { account, role }
}

async function createNetworks({ account }: Tenant): Promise<string> {
  const path = { account_id: account.id }
  const entries = ['203.0.113.7', '198.51.100.0/24', '2001:db8::1', '2001:db8:1::/48', ...loopback]
  const body = { name: 'offices', entries }
  const made = succeeded(await createAllowList({ client: root, path, body }), 201)
  const { id } = made.allow_list
  const { allow_list } = succeeded(await getAllowList({ client: root, path: { ...path, id } }))
  assert.deepEqual(allow_list.entries, entries)
  told('an allow list of addresses and ranges of both families')
  return id
}

async function issue(
  { account, role }: Tenant,
  wish: { readonly name: string; readonly allow_list_ids?: string[] },
): Promise<Issued> {
  const { api_key, token } = succeeded(
    await issueApiKey({
      client: root,
      path: { account_id: account.id },
      body: { ...wish, role: role.name, expires_at: inOneHour() },
    }),
    201,
  )
  assert.equal(api_key.status, 'active')
  assert.equal(api_key.role.id, role.id)
  assert.equal(api_key.reach, wish.allow_list_ids ? 'allow_lists' : 'anywhere')
  assert.deepEqual(api_key.allow_list_ids, wish.allow_list_ids ?? [])
  assert.ok(token)
  assert.ok(token.startsWith(api_key.hint) && token.length > api_key.hint.length)
  told(`a key called ${wish.name}`)
  return { key: api_key, token }
}

async function introduceItself({ role }: Tenant, { key, token }: Issued): Promise<void> {
  const me = succeeded(await getMe({ client: clientOf(token) }))
  assert.equal(me.api_key?.id, key.id)
  assert.deepEqual(me.permissions, role.permissions)
  refused(await getMe({ client: clientOf('aeon_wrong') }), 401, 'unauthenticated')
  told('a key sees itself')
}

async function verify({ account }: Tenant, { key, token }: Issued): Promise<void> {
  for (const client_ip of inside) {
    const verdict = await verdictOf({ token, client_ip, permissions: ['cluster:read'] })
    assert.ok(verdict.valid, client_ip)
    assert.equal(verdict.reason, undefined)
    assert.equal(verdict.api_key?.id, key.id)
    assert.equal(verdict.api_key?.account_id, account.id)
    assert.deepEqual(verdict.permissions, ['cluster:read'])
  }
  for (const client_ip of outside) {
    await denied({ token, client_ip }, 'address_not_allowed', key)
  }
  await denied({ token }, 'address_not_allowed', key)

  const at = { token, client_ip: '203.0.113.7' }
  assert.ok((await verdictOf({ ...at, account_id: account.id })).valid)
  await denied({ ...at, permissions: ['cluster:delete'] }, 'insufficient_permissions', key)
  await denied({ ...at, account_id: randomUUID() }, 'wrong_account', key)
  await denied({ ...at, token: withAnotherSecret(token) }, 'not_found')
  await denied({ ...at, token: 'not a token' }, 'malformed')

  const attempts = [at, { token: 'not a token' }, { ...at, permissions: ['cluster:delete'] }]
  const { verdicts } = succeeded(await verifyTokens({ client: root, body: { attempts } }))
  const reasons = verdicts.map(({ reason }) => reason)
  assert.deepEqual(reasons, [undefined, 'malformed', 'insufficient_permissions'])
  assert.equal(verdicts[0]?.api_key?.id, key.id)
  told('verdicts of every kind')
}

async function list(tenant: Tenant, { key }: Issued): Promise<void> {
  const second = await issue(tenant, { name: 'ci build' })
  await issue(tenant, { name: 'nightly' })
  const path = { account_id: tenant.account.id }
  const query = {
    name_prefix: 'ci',
    status: ['active', 'disabled'],
    role: tenant.role.id,
    sort: 'name',
    limit: 1,
  } satisfies ListApiKeysData['query']

  const first = succeeded(await listApiKeys({ client: root, path, query }))
  assert.deepEqual(idsOf(first), [second.key.id])
  assert.ok(first.next_cursor)
  const cursor = first.next_cursor
  const last = succeeded(await listApiKeys({ client: root, path, query: { ...query, cursor } }))
  assert.deepEqual(idsOf(last), [key.id])
  assert.equal(last.next_cursor, null)

  const reversed = { ...query, sort: '-name', limit: 2 } satisfies ListApiKeysData['query']
  const both = succeeded(await listApiKeys({ client: root, path, query: reversed }))
  assert.deepEqual(idsOf(both), [key.id, second.key.id])
  const none = { status: ['revoked', 'expired'] } satisfies ListApiKeysData['query']
  assert.deepEqual(idsOf(succeeded(await listApiKeys({ client: root, path, query: none }))), [])
  told('lists with filters, in order, page by page')
}

async function disableAndEnable({ account }: Tenant, { key, token }: Issued): Promise<void> {
  const path = { account_id: account.id, id: key.id }
  const attempt = { token, client_ip: '203.0.113.7' }
  const disabled = succeeded(await disableApiKey({ client: root, path }))
  assert.equal(disabled.api_key.status, 'disabled')
  assert.ok(disabled.api_key.disabled_at)
  await denied(attempt, 'disabled', key)

  const enabled = succeeded(await enableApiKey({ client: root, path }))
  assert.equal(enabled.api_key.status, 'active')
  assert.equal(enabled.api_key.disabled_at, null)
  assert.ok((await verdictOf(attempt)).valid)
  told('a key disabled and enabled again')
}

async function change({ account }: Tenant, { key, token }: Issued): Promise<void> {
  const path = { account_id: account.id, id: key.id }
  const read = await getApiKey({ client: root, path })
  const tag = read.response?.headers.get('etag')
  assert.ok(tag)
  const body = { description: 'deploys', metadata: { team: 'delivery' } }
  const headers = { 'If-Match': tag }
  const { api_key, receipt } = succeeded(await updateApiKey({ client: root, path, body, headers }))
  assert.deepEqual([api_key.description, api_key.metadata], [body.description, body.metadata])
  assert.ok(receipt.revision > 0)
  const stale = await updateApiKey({ client: root, path, body: { name: 'lost' }, headers })
  refused(stale, 412, 'precondition_failed')
  // The type requires the header; JavaScript does not.
  const none = {} as typeof headers
  const untagged = await updateApiKey({ client: root, path, body, headers: none })
  refused(untagged, 428, 'precondition_required')
  assert.ok((await verdictOf({ token, client_ip: '203.0.113.7' })).valid)
  told('a key changed as it was seen')
}

/** The key under its newest token. */
async function rotate({ account }: Tenant, { key, token }: Issued): Promise<Issued> {
  const path = { account_id: account.id, id: key.id }
  const body = { overlap_seconds: 600 }
  const headers = { 'Idempotency-Key': randomUUID() }
  const next = succeeded(await rotateApiKey({ client: root, path, body, headers }), 201)
  assert.ok(next.token)
  assert.equal(next.generation, 2)
  const again = succeeded(await rotateApiKey({ client: root, path, body, headers }), 201)
  assert.deepEqual([again.api_key.id, again.generation, again.token], [key.id, 2, null])
  assert.equal(next.receipt.effective_at, next.api_key.overlap_ends_at)
  refused(await rotateApiKey({ client: root, path, body }), 409, 'rotation_in_progress')
  for (const [generation, one] of [token, next.token].entries()) {
    const verdict = await verdictOf({ token: one, client_ip: '203.0.113.7' })
    assert.deepEqual([verdict.valid, verdict.generation], [true, generation + 1])
    assert.deepEqual(verdict.warnings, ['expires_soon'])
  }
  const last = { overlap_seconds: 0, end_overlap: true }
  const third = succeeded(await rotateApiKey({ client: root, path, body: last }), 201)
  assert.ok(third.token)
  await denied({ token, client_ip: '203.0.113.7' }, 'rotated', key)
  await denied({ token: next.token, client_ip: '203.0.113.7' }, 'rotated', key)
  const own = await rotateMe({ client: clientOf(third.token), body })
  refused(own, 403, 'permission_denied')
  told('a key rotated, with an overlap and without')
  return { key, token: third.token }
}

/** Answers with fields and values that the document does not know. */
async function meetFuture({ account }: Tenant, { key }: Issued): Promise<void> {
  const client = clientOf(required('ROOT_TOKEN'), futureUrl)
  const path = { account_id: account.id, id: key.id }
  const { api_key } = succeeded(await getApiKey({ client, path }))
  assert.deepEqual([api_key.id, api_key.status], [key.id, 'future_value'])
  const verdict = succeeded(await verifyToken({ client, body: { token: 'nonsense' } }))
  assert.deepEqual([verdict.valid, verdict.reason], [false, 'future_value'])
  const { error } = await getApiKey({ client, path: { ...path, id: account.id } })
  assert.equal(error?.code, 'future_value')
  told('answers with unknown fields and values')
}

async function refuse({ account, role }: Tenant, { key, token }: Issued): Promise<void> {
  const path = { account_id: account.id }
  const used = await deleteRole({ client: root, path: { ...path, id: role.id } })
  refused(used, 409, 'in_use')

  const body = { name: ' ', role: role.id, expires_at: '2001-01-01T00:00:00Z' }
  const { errors } = refused(
    await issueApiKey({ client: root, path, body }),
    400,
    'invalid_request',
  )
  const past = errors?.find((fault) => fault.field === '/expires_at')
  assert.equal(past?.rule, 'future')
  assert.ok(past?.message)
  assert.ok(errors?.some((fault) => fault.field === '/name' && fault.rule !== ''))

  const taken = { name: key.name, role: role.id, expires_at: null }
  refused(await issueApiKey({ client: root, path, body: taken }), 409, 'name_taken')
  const missing = { ...path, id: randomUUID() }
  refused(await getApiKey({ client: root, path: missing }), 404, 'not_found')
  const own = clientOf(token)
  refused(await listApiKeys({ client: own, path }), 403, 'permission_denied')
  told('refusals, each with its code')
}

async function revoke({ account }: Tenant, { key, token }: Issued): Promise<void> {
  const path = { account_id: account.id, id: key.id }
  const body = { reason: 'the laptop was lost' }
  const { api_key } = succeeded(await revokeApiKey({ client: root, path, body }))
  assert.equal(api_key.status, 'revoked')
  assert.equal(api_key.revocation_reason, body.reason)
  assert.ok(api_key.revoked_at && api_key.revoked_by)
  await denied({ token, client_ip: '203.0.113.7' }, 'revoked', key)
  refused(await enableApiKey({ client: root, path }), 409, 'key_revoked')

  const byHint = { account_id: account.id, id: key.hint }
  const read = succeeded(await getApiKey({ client: root, path: byHint }))
  assert.equal(read.api_key.id, key.id)
  assert.equal(read.api_key.revoked_at, api_key.revoked_at)
  told('a key revoked, and read by its hint')
}

async function leave({ account, role }: Tenant): Promise<void> {
  const path = { account_id: account.id }
  const { report } = succeeded(await reportApiKeys({ client: root, path }))
  const unused = report.findings.find(({ finding }) => finding === 'never_used')
  assert.ok(unused !== undefined && unused.count > 0 && unused.api_keys.length > 0)
  assert.equal(report.next_cursor, null)
  told('a report on the keys that are left')

  const filter = { role: role.id }
  const body = { filter, dry_run: true }
  const wouldBe = succeeded(await revokeApiKeys({ client: root, path, body }))
  assert.equal(wouldBe.receipt, null)
  const reason = 'the end of the story'
  const done = succeeded(await revokeApiKeys({ client: root, path, body: { filter, reason } }))
  assert.deepEqual([done.count, done.accounts], [wouldBe.count, 1])
  assert.equal(done.receipt?.state, 'complete')
  assert.ok(done.sample.every((key) => key.status === 'revoked'))
  refused(await revokeApiKeys({ client: root, path, body: { filter: {} } }), 400, 'invalid_request')
  told('many keys revoked at once')

  const deleted = await deleteRole({ client: root, path: { ...path, id: role.id } })
  assert.equal(deleted.response?.status, 204)
  told('a role that no live key has any more, deleted')
}

type Attempt = Parameters<typeof verifyToken>[0]['body']

async function verdictOf(body: Attempt): Promise<Verdict> {
  return succeeded(await verifyToken({ client: root, body }))
}

/** A denial names the key only if its secret matched. */
async function denied(
  attempt: Attempt,
  reason: NonNullable<Verdict['reason']>,
  key?: ApiKey,
): Promise<void> {
  const verdict = await verdictOf(attempt)
  assert.deepEqual([verdict.valid, verdict.reason], [false, reason])
  assert.equal(verdict.api_key?.id, key?.id)
  assert.equal(verdict.permissions, undefined)
}

function succeeded<Data>(
  answer: Answer<Data, Problem | undefined>,
  status = 200,
): NonNullable<Data> {
  const { data, error, response } = answer
  assert.equal(response?.status, status, JSON.stringify(error))
  assert.ok(data)
  return data
}

function refused(
  { error, response }: Answer<unknown, Problem | undefined>,
  status: number,
  code: Problem['code'],
): Problem {
  assert.ok(error && response, `not refused with ${code}`)
  assert.deepEqual([response.status, error.status, error.code], [status, status, code])
  assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/)
  assert.equal(response.headers.get('x-request-id'), error.request_id)
  return error
}

function clientOf(token: string, url = baseUrl): Client {
  return createClient(createConfig({ baseUrl: url, auth: token }))
}

function idsOf(page: { readonly api_keys: readonly ApiKey[] }): string[] {
  return page.api_keys.map((key) => key.id)
}

/** A token of the same form, whose tag and hash are those of another. */
function withAnotherSecret(token: string): string {
  const middle = token.lastIndexOf('_') - 20
  return token.slice(0, middle) + (token[middle] === '0' ? '1' : '0') + token.slice(middle + 1)
}

function inOneHour(): string {
  return new Date(Date.now() + 3_600_000).toISOString()
}

function required(name: string): string {
  const value = process.env[name]
  if (value === undefined || value === '') throw new Error(`Set ${name}.`)
  return value
}

function told(what: string): void {
  console.log(`told: ${what}`)
}
