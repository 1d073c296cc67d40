import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import type { Test } from 'tap'
import { endWithParent } from './end-with-parent.ts'
import { until } from './until.ts'

const executable = '/usr/sbin/pgbouncer'
/** PgBouncer does not run as root. */
const nobody = 65_534

export interface PgBouncer {
  /** The URL of the database through the pooler, for a user. */
  urlFor(user: string): string
}

/**
 * Runs a PgBouncer in transaction mode before a database that is reached by TCP, with one server
 * connection for each user by default: whatever a session setting leaves behind, the next client
 * meets.
 */
export async function startPgBouncer(
  t: Test,
  databaseUrl: string,
  users: readonly string[],
  serverConnections = 1,
): Promise<PgBouncer> {
  const { host, port, database } = new Client({ connectionString: databaseUrl })
  const folder = await mkdtemp(join(tmpdir(), 'aeon-keys-pgbouncer-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  await chmod(folder, 0o755)
  const listenPort = await freePort()
  const [config, userList] = [join(folder, 'pgbouncer.ini'), join(folder, 'users.txt')]
  await writeFile(userList, users.map((user) => `"${user}" ""\n`).join(''))
  await writeFile(
    config,
    `[databases]
${database} = host=${host} port=${port} dbname=${database}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${listenPort}
unix_socket_dir =
auth_type = trust
auth_file = ${userList}
pool_mode = transaction
default_pool_size = ${serverConnections}
`,
  )
  const isRoot = process.getuid?.() === 0
  const child = spawn(executable, [config], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
    ...(isRoot && { uid: nobody, gid: nobody }),
  })
  endWithParent(child)
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text
  })
  t.teardown(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  })
  await until(() => {
    if (child.exitCode !== null) throw new Error(`PgBouncer ended: ${log}`)
    return log.includes('process up')
  })
  return { urlFor: (user) => `postgres://${user}@127.0.0.1:${listenPort}/${database}` }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
