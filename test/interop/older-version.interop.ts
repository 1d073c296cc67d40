/**
 * A rolling upgrade from the last version without sessions, as its own code: it serves beside this
 * version on one database, drops everything when a session ends, and starts on the newer schema.
 * The history of the repository has the code; where it is cut off, a line says so, unless
 * INTEROP=required.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import type { Api } from '../helpers/api.ts'
import { consoleHeaders, cookieIn } from '../helpers/browser.ts'
import { createEmptyDatabase } from '../helpers/database.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { createProcesses } from '../helpers/process.ts'
import { until } from '../helpers/until.ts'

const run = promisify(execFile)
/** The commit before the sessions of browsers. */
const commit = '9409232'
const checkout = join(import.meta.dirname, '../..')
const older = await mkdtemp(join(tmpdir(), 'aeon-keys-older-'))
t.teardown(() => rm(older, { recursive: true, force: true }))
t.setTimeout(300_000)

const isKnown = await unpack()
if (!isKnown) t.comment('The history of the repository is cut off: no older version was tried')
else {
  const processes = await createProcesses()
  t.teardown(() => processes.end())
  const database = await createEmptyDatabase()
  t.teardown(() => database.drop())
  const tokenFile = join(processes.folder, 'root-token')
  const settings = { DATABASE_URL: database.url, ROOT_TOKEN_FILE: tokenFile, PORT: '0' }
  const before = await processes.start({ checkout: older, settings })
  const rootToken = (await readFile(tokenFile, 'utf8')).trim()
  processes.canaries.addToken(rootToken)
  const now = await processes.start({ settings })
  const root = processes.api(await now.listening, rootToken)
  const old = processes.api(await before.listening, rootToken)
  const account = await newAccount(root)
  const { id, token } = await newKey(root, account)

  t.test('an older version drops everything when a session ends, and answers on', async (t) => {
    await heat(old, token)
    const hot = await readsOf(old)
    const url = await now.listening
    const { host } = new URL(url)
    const headers = { ...consoleHeaders, host, origin: `http://${host}` }
    const page = processes.api(url, undefined)
    const signedIn = await page.call('POST', '/v1/session', { headers, body: { key: rootToken } })
    t.equal(signedIn.status, 201, signedIn.text)
    const session = cookieIn(signedIn)
    processes.canaries.addSecret(session)
    const cookie = `aeon_session_${new URL(url).port}=${session}`
    const call = (method: 'GET' | 'DELETE', path: string) =>
      page.call(method, path, { headers: { ...headers, cookie } })
    t.equal((await call('GET', '/v1/sessions')).status, 200)
    await old.verify(token)
    t.equal(await readsOf(old), hot, 'a sign-in is no change')
    const ended = await call('DELETE', '/v1/session')
    t.match(ended.body.receipt, { state: 'complete', live: 2, acknowledged: 2 })
    t.equal((await old.verify(token)).valid, true)
    t.ok((await readsOf(old)) > hot, 'what it knew, it read again')
    t.equal((await call('GET', '/v1/sessions')).status, 401)
  })

  t.test('a complete receipt of this version binds the older one', async (t) => {
    await heat(old, token)
    const revoked = await root.post(`/v1/accounts/${account}/api-keys/${id}/revoke`)
    t.match(revoked.body.receipt, { state: 'complete', live: 2 })
    t.equal((await old.verify(token)).reason, 'revoked')
  })

  t.test('the older version starts on the newer schema', async (t) => {
    t.equal(await before.stop(), 0)
    const again = await processes.start({ checkout: older, settings })
    const { token: other } = await newKey(root, account)
    const api = processes.api(await again.listening, rootToken)
    t.equal((await api.verify(other)).valid, true)
    t.match(JSON.stringify(again.log), 'the schema is newer than this version')
    t.equal(await again.stop(), 0)
    t.equal(await now.stop(), 0)
  })
}
t.pass('the older version was tried if the history has it')

/** Whether the repository has the older version, which is then in its folder. */
async function unpack(): Promise<boolean> {
  const archive = join(older, 'archive.tar')
  try {
    await run('git', ['archive', '--output', archive, commit], { cwd: checkout })
  } catch (error) {
    if (process.env.INTEROP === 'required') throw error
    return false
  }
  await run('tar', ['xf', archive], { cwd: older })
  // It needs nothing that this version does not have.
  await symlink(join(checkout, 'node_modules'), join(older, 'node_modules'))
  return true
}

/** Verifies a token until that reads nothing: the answer comes from memory. */
async function heat(api: Api, token: string): Promise<void> {
  await until('the key is hot', async () => {
    const before = await readsOf(api)
    await api.verify(token)
    return (await readsOf(api)) === before
  })
}

/** How often an instance has read credentials. Metrics are collected at most once a second. */
async function readsOf(api: Api): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 1_100))
  const { text } = await api.get('/metrics')
  const [, value] = /^aeon_keys_credential_reads_total (\d+)$/m.exec(text) ?? []
  return Number(value)
}
