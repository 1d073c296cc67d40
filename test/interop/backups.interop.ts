/**
 * The commands of docs/operations.md that back up a database and restore it. Where Debian's
 * PostgreSQL or tar is missing, a line says so, unless INTEROP=required.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { accountOfPrograms, ownFolder, postgresPrograms, startProgram } from '../ha/program.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { freePort } from '../helpers/free-port.ts'
import { createProcesses, shownRootToken } from '../helpers/process.ts'
import { until } from '../helpers/until.ts'
import { documentedBlock } from './documented-block.ts'
import { runShell } from './run-shell.ts'

t.setTimeout(1_500_000)
const programs = await postgresPrograms().catch(() => undefined)
if (programs === undefined && process.env.INTEROP !== 'required') {
  t.comment('PostgreSQL is not installed: not tried')
} else {
  t.test('a dump is restored into a new database, where later acts are unknown', restoreDump)
}
t.test('the files of a private PostgreSQL are restored into another DATA_DIR', restoreFiles)

async function restoreDump(t: Test): Promise<void> {
  const processes = await createProcesses()
  t.teardown(() => processes.end())
  const { folder } = processes
  const urlOf = await startServer(t, folder)
  await runShell(
    `psql "$ADMIN_URL" --command="create role aeon_keys login"
    psql "$ADMIN_URL" --command="create database aeon_keys owner aeon_keys encoding 'UTF8' template template0"`,
    {
      ADMIN_URL: urlOf('postgres', 'postgres'),
    },
  )
  const urls = {
    URL: urlOf('aeon_keys', 'aeon_keys'),
    ADMIN_URL: urlOf('postgres', 'postgres'),
    RESTORED_URL: urlOf('aeon_keys', 'aeon_keys_restored'),
  }
  const dump = join(folder, 'a.dump')
  const blockOf = (info: string) => documentedBlock(info, { 'aeon-keys.dump': dump })
  const rootTokenFile = join(folder, 'root-token')
  const settings = { ROOT_TOKEN_FILE: rootTokenFile, MAX_STALENESS_MS: '2000' }
  const before = await processes.start({ settings: { ...settings, DATABASE_URL: urls.URL } })
  const rootToken = (await readFile(rootTokenFile, 'utf8')).trim()
  processes.canaries.addToken(rootToken)
  const api = processes.api(await before.listening, rootToken)
  const account = await newAccount(api)
  const [kept, revoked, revokedLater] = [
    await newKey(api, account),
    await newKey(api, account),
    await newKey(api, account),
  ]
  const revoke = (id: string) => `/v1/accounts/${account}/api-keys/${id}/revoke`
  await api.post(revoke(revoked.id))

  await runShell(await blockOf('sh backup'), urls)
  const issuedLater = await newKey(api, account)
  t.equal((await api.post(revoke(revokedLater.id))).status, 200)
  t.equal(await before.stop(), 0)
  const printed = await runShell(await blockOf('sh restore'), urls)
  t.match(printed, /The audit log is intact: /)

  const restored = { DATABASE_URL: urls.RESTORED_URL, MAX_STALENESS_MS: '2000' }
  const after = await processes.start({ settings: restored })
  const again = processes.api(await after.listening, rootToken)
  t.equal((await again.verify(kept.token)).valid, true)
  t.match(await again.verify(revoked.token), { valid: false, reason: 'revoked' })
  t.match(await again.verify(issuedLater.token), { valid: false, reason: 'not_found' })
  t.equal((await again.verify(revokedLater.token)).valid, true, 'its revocation is lost')
  t.equal((await again.post(revoke(revokedLater.id))).status, 200)
  t.match(await again.verify(revokedLater.token), { valid: false, reason: 'revoked' })
  await until('the instance has a lease', async () => {
    const { body } = await again.get('/readyz')
    return body.lease === 'held'
  })
}

async function restoreFiles(t: Test): Promise<void> {
  const processes = await createProcesses()
  t.teardown(() => processes.end())
  const { folder } = processes
  const archive = join(folder, 'a.tar')
  const run = async (info: string, dataDir: string) =>
    runShell(await documentedBlock(info, { 'aeon-keys.tar': archive }), { DATA_DIR: dataDir })
  const [first, second] = [join(folder, 'first'), join(folder, 'second')]
  const before = await processes.start({ settings: { DATA_DIR: first } })
  const rootToken = await shownRootToken(before)
  processes.canaries.addToken(rootToken)
  const api = processes.api(await before.listening, rootToken)
  const key = await newKey(api, await newAccount(api))
  t.equal(await before.stop(), 0)
  await run('sh private-backup', first)
  await run('sh private-restore', second)
  const after = await processes.start({ settings: { DATA_DIR: second } })
  t.equal((await processes.api(await after.listening, rootToken).verify(key.token)).valid, true)
  t.equal(await after.stop(), 0)
}

/** Starts Debian's PostgreSQL on a cluster of its own, and returns its URLs. */
async function startServer(
  t: Test,
  folder: string,
): Promise<(user: string, database: string) => string> {
  const account = accountOfPrograms(await readFile('/etc/passwd', 'utf8'))
  const bin = await postgresPrograms()
  const place = await ownFolder(folder, 'server', account)
  const data = join(place, 'data')
  const initdb = startProgram(
    join(bin, 'initdb'),
    ['--auth=trust', '--encoding=UTF8', '--locale=C', '--username=postgres', '-D', data],
    account,
  )
  await until('initdb is done', () => initdb.log().includes('Success'))
  const port = await freePort()
  const server = startProgram(
    join(bin, 'postgres'),
    [
      ...['-D', data, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off'],
      ...['-c', `unix_socket_directories=${place}`],
    ],
    account,
  )
  t.teardown(() => server.end())
  await until('the server is ready', () => server.log().includes('ready to accept connections'))
  return (user, database) => `postgresql://${user}@127.0.0.1:${port}/${database}`
}
