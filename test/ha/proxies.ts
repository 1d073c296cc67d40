import { chown, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../helpers/free-port.ts'
import { until } from '../helpers/until.ts'
import type { PatroniCluster } from './patroni-cluster.ts'
import { type Program, startProgram } from './program.ts'

export interface Proxy {
  readonly port: number
  readonly program: Program
}

/** HAProxy before the node that Patroni calls the primary, as Patroni's documentation has it. */
export async function startHaproxy(cluster: PatroniCluster, isFencing: boolean): Promise<Proxy> {
  const port = await freePort()
  const config = join(cluster.folder, 'haproxy.cfg')
  const fencing = isFencing ? ' on-marked-down shutdown-sessions' : ''
  const servers = cluster.nodes.map(
    ({ name, port: to, restPort }) =>
      `  server ${name} 127.0.0.1:${to} maxconn 100 check port ${restPort}`,
  )
  await writeFile(
    config,
    `defaults
  mode tcp
  timeout connect 4s
  timeout client 30m
  timeout server 30m
  timeout check 5s
listen primary
  bind 127.0.0.1:${port}
  option httpchk OPTIONS /primary
  http-check expect status 200
  default-server inter 1s fall 3 rise 2${fencing}
${servers.join('\n')}
`,
  )
  const program = startProgram('/usr/sbin/haproxy', ['-db', '-f', config], undefined)
  return { port, program }
}

/** PgBouncer in transaction mode before a server on loopback. */
export async function startPooler(cluster: PatroniCluster, toPort: number): Promise<Proxy> {
  const port = await freePort()
  const { account } = cluster
  const [config, users] = [
    join(cluster.folder, 'pgbouncer.ini'),
    join(cluster.folder, 'pgbouncer-users.txt'),
  ]
  await writeFile(users, '"postgres" ""\n')
  await writeFile(
    config,
    `[databases]
postgres = host=127.0.0.1 port=${toPort} dbname=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${users}
pool_mode = transaction
default_pool_size = 40
server_login_retry = 1
`,
  )
  if (account !== undefined) {
    for (const file of [config, users]) await chown(file, account.uid, account.gid)
  }
  const program = startProgram('/usr/sbin/pgbouncer', [config], account)
  await until('PgBouncer is up', () => program.log().includes('process up'))
  return { port, program }
}
