/** The story of the service from an empty folder, told by real processes over real sockets. */
import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client } from 'pg'
import t from 'tap'
import { type DenialReason, denialReasons } from '../../src/domain/verdict.ts'
import type { Api, Json } from '../helpers/api.ts'
import { newAccount, newAllowList, newKey, newRole } from '../helpers/fixtures.ts'
import {
  createProcesses,
  embeddedConnection,
  embeddedUrl,
  processesIn,
  shownRootToken,
} from '../helpers/process.ts'
import { until } from '../helpers/until.ts'

const processes = await createProcesses()
t.teardown(() => processes.end())
const dataDir = join(processes.folder, 'data')
// Use records are written at shutdown or not at all.
const settings = { USE_FLUSH_MS: '600000', LOG_LEVEL: 'debug' }

t.test('keys, verdicts and use counts survive a restart of the service', async (t) => {
  const first = await processes.start({ settings })
  const url = await first.listening
  const rootToken = await shownRootToken(first)
  processes.canaries.addToken(rootToken)
  const root = processes.api(url, rootToken)

  t.match(first.shown, `\naeon-keys is ready at ${url} (browse ${url}/docs)\n`)
  const [curl = ''] = /curl .*/.exec(first.shown) ?? []
  const { stdout } = await promisify(execFile)('sh', ['-c', curl])
  t.match(JSON.parse(stdout), { api_key: { name: /^root /, role: { name: 'admin' } } })

  const account = await newAccount(root)
  const role = await newRole(root, account, 'reader', ['cluster:read'])
  const list = await newAllowList(root, account, ['203.0.113.0/24', '2001:db8::7'], 'office')
  const key = await newKey(root, account, { name: 'reports', role, allow_list_ids: [list] })
  const good = { client_ip: '203.0.113.9', permissions: ['cluster:read'], account_id: account }
  const goodVerdict = {
    valid: true,
    api_key: { id: key.id, account_id: account, name: 'reports', role: { id: role } },
    permissions: ['cluster:read'],
  }
  t.match(await root.verify(key.token, good), goodVerdict)
  t.match(await root.verify(key.token, { ...good, client_ip: '2001:db8::7' }), goodVerdict)

  const attempts = await attemptsOfEachDenial(root, account, key.token)
  for (const [reason, attempt] of attempts) {
    const { token, ...rest } = attempt
    const verdict = await root.verify(token, rest)
    // The replaced credential is known to be good until the cache is gone.
    t.match(verdict, reason === 'rotated' ? { valid: true } : { valid: false, reason }, reason)
  }
  await endCredentialOf(attempts.get('rotated')?.token)

  const ending = await newKey(root, account, { name: 'ending', role })
  t.match(await root.verify(ending.token), { valid: true })
  const keysOfAccount = `/v1/accounts/${account}/api-keys`
  const revoked = await root.post(`${keysOfAccount}/${ending.id}/revoke`, { reason: 'lost' })
  t.match(revoked.body.api_key, { status: 'revoked', revocation_reason: 'lost', use_count: 0 })
  t.match(await root.verify(ending.token), { valid: false, reason: 'revoked' })

  const listed = await list200(root, keysOfAccount)
  t.same(
    listed.map(({ name, status }) => [name, status]),
    [
      ['ending', 'revoked'],
      ['key rotated', 'active'],
      ['key expired', 'expired'],
      ['key disabled', 'disabled'],
      ['key revoked', 'revoked'],
      ['reports', 'active'],
    ],
  )
  await processes.canaries.check(await embeddedUrl(dataDir))
  t.equal(await first.stop(), 0)
  t.same(await processesIn(dataDir), [])

  const second = await processes.start({ settings })
  const again = processes.api(await second.listening, rootToken)
  t.match(await again.verify(key.token, good), goodVerdict)
  for (const [reason, { token, ...attempt }] of attempts) {
    t.match(await again.verify(token, attempt), { valid: false, reason }, `${reason}, still`)
  }
  t.match(await again.verify(ending.token), { valid: false, reason: 'revoked' })

  const counted = await list200(again, keysOfAccount)
  t.same(
    counted.map(withoutUse),
    listed.map(withoutUse),
    'nothing but the use records is different',
  )
  t.same(
    counted.map(({ name, use_count: count }) => [name, count]),
    [
      ['ending', 1],
      ['key rotated', 1],
      ['key expired', 0],
      ['key disabled', 0],
      ['key revoked', 0],
      ['reports', 2],
    ],
    'what was counted is written at shutdown',
  )
  for (const { use_count: count, last_used_at: at } of counted) {
    t.equal(count > 0, Date.parse(at) > 0, 'whatever was used was last used at a time')
  }
  await processes.canaries.check(await embeddedUrl(dataDir))
  t.equal(await second.stop(), 0)
  t.equal(second.shown, '', 'a second start shows no token')
  await addJournal()
})

interface DeniedAttempt {
  readonly token: string
  readonly client_ip?: string
  readonly permissions?: readonly string[]
  readonly account_id?: string
}

/** What is denied for each reason. The one for `rotated` is good until its credential is ended. */
async function attemptsOfEachDenial(
  root: Api,
  account: string,
  token: string,
): Promise<ReadonlyMap<DenialReason, DeniedAttempt>> {
  async function keyThatIs(state: string, expiresAt: string | null = null) {
    const key = await newKey(root, account, { name: `key ${state}`, expires_at: expiresAt })
    return { token: key.token, path: `/v1/accounts/${account}/api-keys/${key.id}` }
  }
  const revoked = await keyThatIs('revoked')
  await root.post(`${revoked.path}/revoke`)
  const disabled = await keyThatIs('disabled')
  await root.post(`${disabled.path}/disable`)
  const expired = await keyThatIs('expired', new Date(Date.now() + 5_000).toISOString())
  await until('the key has expired', async () => {
    return (await root.get(expired.path)).body.api_key.status === 'expired'
  })
  const rotated = await keyThatIs('rotated')
  const atOffice = { token, client_ip: '203.0.113.9' }
  const attempts: Record<DenialReason, DeniedAttempt> = {
    malformed: { token: 'a token' },
    not_found: { token: withAnotherSecret(token) },
    revoked: { token: revoked.token },
    disabled: { token: disabled.token },
    rotated: { token: rotated.token },
    expired: { token: expired.token },
    wrong_account: { ...atOffice, account_id: '00000000-0000-7000-8000-000000000000' },
    address_not_allowed: { token, client_ip: '198.51.100.1' },
    insufficient_permissions: { ...atOffice, permissions: ['cluster:read', 'cluster:delete'] },
  }
  return new Map(denialReasons.map((reason) => [reason, attempts[reason]]))
}

function withAnotherSecret(token: string): string {
  const at = token.lastIndexOf('_') - 1
  const other = token[at] === '0' ? '1' : '0'
  return token.slice(0, at) + other + token.slice(at + 1)
}

/** Ends the credential of a token as a rotation will, behind the back of the service. */
async function endCredentialOf(token: string | undefined): Promise<void> {
  const client = new Client({ ...(await embeddedConnection(dataDir)) })
  await client.connect()
  try {
    const tag = token?.slice(-11)
    const { rowCount } = await client.query(
      'update credential set ended_at = now() where tag = $1',
      [tag],
    )
    if (rowCount !== 1) throw new Error(`${rowCount} credentials were ended`)
  } finally {
    await client.end()
  }
}

async function list200(api: Api, path: string): Promise<readonly Json[]> {
  const { status, body } = await api.get(path)
  if (status !== 200) throw new Error(`${path} answered ${status}`)
  return body.api_keys
}

function withoutUse({ use_count: _, last_used_at: __, ...rest }: Json): Json {
  return rest
}

/** PostgreSQL's journal holds every value that ever went into a table, those overwritten too. */
async function addJournal(): Promise<void> {
  const folder = join(dataDir, 'postgres', 'pg_wal')
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isFile()) continue
    const bytes = await readFile(join(folder, entry.name))
    processes.canaries.addText(`pg_wal/${entry.name} ${bytes.toString('latin1')}`)
  }
}
