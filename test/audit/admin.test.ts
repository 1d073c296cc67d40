/** The admin commands: in this process, and one of each kind as an operator runs it. */
import { generateKeyPairSync } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { system } from '../../src/domain/principal.ts'
import { findNamedApiKey } from '../../src/management/api-keys/find-named.ts'
import { revokeApiKey } from '../../src/management/api-keys/revoke.ts'
import { type Administered, administer } from '../helpers/admin.ts'
import { auditLogOf } from '../helpers/audit-log.ts'
import { signIn, trySignIn } from '../helpers/browser.ts'
import { createTestDatabase } from '../helpers/database.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { connectRaw } from '../helpers/instances.ts'
import { createProcesses } from '../helpers/process.ts'
import { startTestService } from '../helpers/service.ts'

const processes = await createProcesses()
t.teardown(() => processes.end())
const { folder } = processes
const commands = [
  'audit-checkpoint',
  'audit-verify',
  'issue-root-key',
  'migrate',
  'revoke',
  'rotate-tag-key',
  'sign-in-link',
]

t.test('admin commands run on the database of a running service', async (t) => {
  const database = await createTestDatabase()
  t.teardown(() => database.drop())
  const started = await startTestService(t, { database })
  const { root, canaries } = started
  const raw = await connectRaw(t, database.url)
  const account = await newAccount(root)
  const settings = { DATABASE_URL: database.url }
  const admin = async (...args: string[]) => {
    const ended = await administer(args, settings)
    canaries.addText(ended.stderr)
    if (args[0] !== 'issue-root-key') canaries.addText(ended.stdout)
    return ended
  }

  t.test(
    'audit-checkpoint signs the head hashes, and audit-verify reports a deleted chain',
    async (t) => {
      const { privateKey, publicKey } = generateKeyPairSync('ed25519')
      const [key, pub, file] = ['k', 'k.pub', 'checkpoint'].map((name) => join(folder, name))
      if (key === undefined || pub === undefined || file === undefined) throw new Error('No names.')
      await writeFile(key, privateKey.export({ type: 'pkcs8', format: 'pem' }))
      await writeFile(pub, publicKey.export({ type: 'spki', format: 'pem' }))

      t.match(await admin('audit-checkpoint', '--key', key, '--file', file), {
        status: 0,
        stdout: /^The checkpoint of 3 events in 2 chains is in /,
      })
      const printed = await admin('audit-checkpoint', '--key', key, '--json')
      t.match(
        jsonOf(printed).checkpoint.heads,
        JSON.parse(await readFile(file, 'utf8')).checkpoint.heads,
      )
      const again = await admin('audit-checkpoint', '--key', key, '--file', file)
      t.match(again, { status: 1, stderr: /EEXIST/ }, 'no checkpoint is written over')

      const whole = await admin('audit-verify', '--checkpoint', file, '--public-key', pub)
      t.match(whole, {
        status: 0,
        stdout:
          'The audit log is intact: 3 events in 2 chains, 3 of the events without an audit key.\n',
      })
      const unsigned = await admin('audit-verify', '--checkpoint', file)
      t.match(unsigned, { status: 2, stderr: /--public-key is required\./ })
      const notKept = await admin('audit-verify', '--checkpoint', key, '--public-key', pub)
      t.match(notKept, { status: 1, stderr: /the file is not a checkpoint/ })

      await raw.query('delete from audit_event where account_id = $1', [account])
      await raw.query('delete from audit_chain where account_id = $1', [account])
      const cut = await admin('audit-verify', '--checkpoint', file, '--public-key', pub)
      t.match(cut, { status: 3, stdout: `  account ${account}, event 1: missing\n` })
      const asJson = await admin(
        'audit-verify',
        '--json',
        '--checkpoint',
        file,
        '--public-key',
        pub,
      )
      t.equal(asJson.status, 3)
      t.match(jsonOf(asJson), {
        valid: false,
        breaks: [{ account_id: account, number: 1, fault: 'missing' }],
      })
    },
  )

  t.test('admin revoke takes a token, a hint or an id, and refuses anything else', async (t) => {
    const other = await newAccount(root, 'Other')
    const [byToken, byHint, byId] = [
      await newKey(root, other),
      await newKey(root, other),
      await newKey(root, other),
    ]
    for (const key of [byToken, byHint, byId])
      t.match(await root.verify(key.token), { valid: true })
    const named = [
      [byToken, byToken.token],
      [byHint, byHint.body.hint],
      [byId, byId.id],
    ] as const
    for (const [key, name] of named) {
      const { status, stdout, stderr } = await admin('revoke', name, '--reason', 'stolen')
      t.match(
        { status, stdout, stderr },
        { status: 0, stdout: /is revoked and no instance accepts the key/ },
      )
      t.match(await root.verify(key.token), { valid: false, reason: 'revoked' })
    }
    const repeated = jsonOf(await admin('revoke', byId.id, '--json'))
    t.match(repeated, { api_key_id: byId.id, receipt: { state: 'complete' } })
    t.match(
      (await auditLogOf(raw, other)).slice(-3),
      Array(3).fill({
        action: 'api_key.revoked',
        actor: { kind: 'system' },
        reason: 'stolen',
      }),
    )
    const forged = `${byId.body.hint}${'1'.repeat(43)}_${'1'.repeat(11)}`
    for (const [name, words] of [
      [forged, /This deployment did not issue the token/],
      ['nothing', /KEY must be a token, a hint or the id/],
      [account, /The key does not exist/],
    ] as const) {
      const refused = await admin('revoke', name)
      t.equal(refused.status, 1)
      t.match(refused.stderr, words)
    }
    t.match(await admin('revoke'), { status: 2, stderr: /requires exactly one KEY\./ })
  })

  t.test('an operator who revokes a key twice revokes it once', async (t) => {
    const { deps } = started.service
    const other = await newAccount(root, 'Third')
    const key = await newKey(root, other)
    const revoke = async (named: string, reason = 'stolen') => {
      const { id, accountId } = await findNamedApiKey(deps, named)
      return revokeApiKey(deps, system, accountId, id, reason)
    }
    const first = await revoke(key.token)
    t.match(first.apiKey, { id: key.id, revocationReason: 'stolen' })
    t.same(first.apiKey.lastChange, first.committed, 'the key names its revocation')
    for (const named of [key.token, key.body.hint, key.id, key.id.toUpperCase()]) {
      const again = await revoke(named)
      t.same(again.committed, first.committed)
      t.same(again.apiKey.lastChange, first.committed)
    }
    t.equal((await auditLogOf(raw, other)).length, 3, 'of the account, the key and its end')
    const forged = `${key.body.hint}${'1'.repeat(43)}_${'1'.repeat(11)}`
    await t.rejects(revoke(forged), { message: /did not issue the token/ })
    await t.rejects(revoke('nothing'), { message: /must be a token, a hint or the id/ })
    await t.rejects(revoke(account), { message: 'The key does not exist.' })
    await t.rejects(revoke(key.id, 'a\u0000'), { code: 'invalid_request' })
  })

  async function stateOf(id: string) {
    const { rows } = await raw.query(
      `select api_key.*, revision.value::int as latest from api_key, revision where id = $1`,
      [id],
    )
    return rows[0]
  }

  t.test('revoking a key that a version without revisions revoked changes nothing', async (t) => {
    const other = await newAccount(root, 'Fourth')
    const key = await newKey(root, other)
    await raw.query(
      `update api_key set live = null, revoked_at = now(), revoked_by_kind = 'system' where id = $1`,
      [key.id],
    )
    const before = await stateOf(key.id)
    const byCommand = jsonOf(await admin('revoke', key.id, '--json'))
    const after = await stateOf(key.id)
    const { latest } = after
    t.match(byCommand, { api_key_id: key.id, receipt: { state: 'complete', revision: latest } })
    const repeated = await root.post(`/v1/accounts/${other}/api-keys/${key.id}/revoke`, {})
    t.match(repeated, { status: 200, body: { receipt: { revision: latest } } })
    t.same(after, { ...before, latest }, 'the key is as it was')
    const { rows } = await raw.query('select kind from change where revision > $1', [before.latest])
    t.same(rows, [{ kind: 'instance' }], 'the command has registered, and changed nothing')
    const actions = (await auditLogOf(raw, other)).map(({ action }) => action)
    t.same(actions, ['account.created', 'api_key.issued'])
  })

  t.test('rotate-tag-key, issue-root-key and migrate print JSON when asked to', async (t) => {
    t.match(jsonOf(await admin('rotate-tag-key', '--json')), { tag_key_id: String })
    t.same(jsonOf(await admin('migrate', '--json')), { migrations: [] })
    const issued = jsonOf(await admin('issue-root-key', '--json'))
    canaries.addToken(issued.token)
    t.match(await root.verify(issued.token), { valid: true, api_key: { id: issued.api_key_id } })
  })

  t.test(
    'sign-in-link prints a link that signs in once, where PUBLIC_URL or PORT says',
    async (t) => {
      const secretIn = (url: string) => url.split('#sign-in=')[1] ?? ''
      const link = (more: Readonly<Record<string, string>>, ...args: string[]) =>
        administer(['sign-in-link', ...args], { ...settings, ...more })
      const printed = await link({ PORT: '8080' })
      t.match(printed, {
        status: 0,
        stdout: /^http:\/\/127\.0\.0\.1:8080\/console#sign-in=signin_\S+\n$/,
      })
      const sign_in_secret = secretIn(printed.stdout.trim())
      canaries.addSecret(sign_in_secret)
      const { signedIn } = await signIn(started, { sign_in_secret })
      t.match(signedIn.body.role, { name: 'admin' })
      t.equal((await trySignIn(started, { sign_in_secret })).status, 401)
      const { url, api_key_id: keyId } = jsonOf(
        await link({ PUBLIC_URL: 'https://keys.example' }, '--json'),
      )
      canaries.addSecret(secretIn(url))
      t.match(url, /^https:\/\/keys\.example\/console#sign-in=/)
      t.equal(keyId, signedIn.body.api_key.id)
      t.match(await link({ CONSOLE: 'off' }), { status: 1, stderr: /CONSOLE is off/ })
    },
  )

  t.test(
    'an operator who revokes a key by npm run admin reads that no one accepts it',
    async (t) => {
      const key = await newKey(root, await newAccount(root, 'By process'))
      t.match(await root.verify(key.token), { valid: true })
      const script = ['src/admin.ts', 'revoke', key.id] as const
      const { status, shown, stderr } = await processes.run({ settings, script })
      t.match(
        { status, shown, stderr },
        { status: 0, shown: /is revoked and no instance accepts the key/, stderr: '' },
      )
      t.match(await root.verify(key.token), { valid: false, reason: 'revoked' })
      const repeated = await processes.run({ settings, script: [...script, '--sideways'] })
      t.match(repeated, { status: 2, stderr: /--sideways/ })
    },
  )
})

t.test(
  'every admin command prints its usage and names what is wrong with its arguments',
  async (t) => {
    const admin = (...args: string[]) => administer(args)
    const helps = await Promise.all(commands.map((command) => admin(command, '--help')))
    for (const [index, help] of helps.entries()) {
      t.equal(help.status, 0)
      t.match(help.stdout, new RegExp(`^Usage: npm run admin -- ${commands[index]}`))
      t.match(help.stdout, /--json/)
    }
    const [all, twice, json] = await Promise.all([
      admin('--help'),
      admin('issue-root-key', '--file', 'a', '--file', 'b'),
      admin('audit-verify', '--sideways', '--json'),
    ])
    for (const command of commands) t.match(all.stdout, `  ${command} `)
    t.match(twice, { status: 2, stderr: /--file must not be repeated\./ })
    t.equal(json.status, 2)
    t.match(JSON.parse(json.stderr).error, /--sideways/)
  },
)

function jsonOf({ stdout }: Administered) {
  return JSON.parse(stdout)
}
