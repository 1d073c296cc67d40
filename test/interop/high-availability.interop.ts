/**
 * The files and commands of docs/operations.md for a cluster under Patroni, as they stand. Where
 * Patroni, etcd, HAProxy, PgBouncer or PostgreSQL are missing, a line says so, unless
 * INTEROP=required.
 */
import { access, chmod, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Api } from '../helpers/api.ts'
import { type IssuedKey, newAccount, newKey } from '../helpers/fixtures.ts'
import { createProcesses } from '../helpers/process.ts'
import { until } from '../helpers/until.ts'
import { type DocumentedCluster, startDocumentedCluster } from './documented-cluster.ts'
import { runShell } from './run-shell.ts'

const programs = [
  ...['/usr/bin/patroni', '/usr/bin/etcd', '/usr/sbin/haproxy', '/usr/sbin/pgbouncer'],
  ...['/usr/bin/psql', '/usr/lib/postgresql'],
]
t.setTimeout(1_500_000)
if (process.env.INTEROP === 'required' || (await areThere(programs))) {
  t.test('the documented cluster serves instances by each documented way', tellStory)
} else {
  t.comment('Patroni and what it needs are not installed: not tried')
}
t.pass('what is here was tried')

async function tellStory(t: Test): Promise<void> {
  const processes = await createProcesses()
  t.teardown(() => processes.end())
  const { folder } = processes
  await chmod(folder, 0o711)
  const cluster = await startDocumentedCluster(folder)
  t.teardown(() => cluster.stop())

  await t.test('the commands for a new cluster find it fit for the service', async (t) => {
    const printed = await runShell(await cluster.block('sh high-availability'))
    t.match(printed, /\bLeader\b/)
    t.match(printed, /\bSync Standby\b/)
    t.match(printed, /^ok +durability: commits wait for the disk and for db/m)
    t.match(printed, /: 0 refused, 0 not tried/)
  })

  await cluster.startHaproxy()
  await cluster.startPgBouncer()
  const rootTokenFile = join(folder, 'root-token')
  const urls: string[] = []
  for (const info of ['sh hosts', 'sh pooler']) {
    const settings = { ...(await cluster.settings(info)), ROOT_TOKEN_FILE: rootTokenFile }
    urls.push(await (await processes.start({ settings })).listening)
  }
  const rootToken = (await readFile(rootTokenFile, 'utf8')).trim()
  processes.canaries.addToken(rootToken)
  const apis = urls.map((url) => processes.api(url, rootToken))
  const [direct] = apis
  if (direct === undefined) throw new Error('There is no instance.')
  const account = await newAccount(direct)

  await t.test(
    'instances by several hosts and by PgBouncer and HAProxy follow each other, before a switchover and after it',
    async (t) => {
      for (const api of apis) await revokeEverywhere(api)
      const kept = await newKey(direct, account)
      for (const api of apis) t.equal((await api.verify(kept.token)).valid, true)

      const before = leaderIn(await listOf(cluster))
      const printed = await runShell(await cluster.block('sh switchover'))
      await until('the cluster is whole again', () => cluster.isWhole(), 180_000)
      const after = leaderIn(await listOf(cluster))
      t.ok(after !== undefined && after !== before, `${before} before, ${after} after: ${printed}`)
      for (const api of apis) {
        await until('the instance commits', async () => (await tryIssue(api)) !== undefined)
        t.equal((await api.verify(kept.token)).valid, true)
        await revokeEverywhere(api)
      }

      /** Revokes a key by an instance, and presents it to both once the receipt is complete. */
      async function revokeEverywhere(api: Api): Promise<void> {
        const key = await newKey(direct ?? api, account)
        for (const each of apis) t.equal((await each.verify(key.token)).valid, true)
        const { body } = await api.post(`/v1/accounts/${account}/api-keys/${key.id}/revoke`)
        const { revision, id } = body.receipt
        await until('the receipt is complete', async () => {
          const found = await api.get(`/v1/revisions/${revision}?id=${id}&wait_ms=1000`)
          return found.status === 200 && found.body.receipt.state === 'complete'
        })
        for (const each of apis) {
          t.match(await each.verify(key.token), { valid: false, reason: 'revoked' })
        }
      }
    },
  )

  async function tryIssue(api: Api): Promise<IssuedKey | undefined> {
    return newKey(api, account).catch(() => undefined)
  }
}

function leaderIn(list: string): string | undefined {
  return /\b(db\d)\b.*\bLeader\b/.exec(list)?.[1]
}

async function listOf(cluster: DocumentedCluster): Promise<string> {
  const [command = ''] = (await cluster.block('sh high-availability')).split('\n')
  return runShell(command)
}

async function areThere(paths: readonly string[]): Promise<boolean> {
  const found = await Promise.all(
    paths.map((path) =>
      access(path).then(
        () => true,
        () => false,
      ),
    ),
  )
  return !found.includes(false)
}
