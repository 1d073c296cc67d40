import { randomBytes, randomInt } from 'node:crypto'
import { chown, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { killWithParent } from '../ha/kill-with-parent.ts'
import {
  type Account,
  accountOfPrograms,
  ownFolder,
  type Program,
  postgresPrograms,
  startProgram,
} from '../ha/program.ts'
import { until } from '../helpers/until.ts'
import { documentedBlock } from './documented-block.ts'

/** The cluster of docs/operations.md on one machine: each name is another address of loopback. */
export interface DocumentedCluster {
  /** Every password of the cluster. */
  readonly passwords: readonly string[]
  /** A block of the page with the names, paths and passwords of this cluster. */
  block(info: string): Promise<string>
  /** The environment that a block sets. */
  settings(info: string): Promise<Readonly<Record<string, string>>>
  /** Whether one node leads and another one follows it synchronously. */
  isWhole(): Promise<boolean>
  startHaproxy(): Promise<void>
  startPgBouncer(): Promise<void>
  stop(): Promise<void>
}

const names = ['db1', 'db2', 'db3'] as const
const patienceMs = 180_000

export async function startDocumentedCluster(folder: string): Promise<DocumentedCluster> {
  const account = accountOfPrograms(await readFile('/etc/passwd', 'utf8'))
  const programs: Program[] = []
  const guards: { end(): void }[] = []
  const network = `127.${randomInt(16, 250)}.${randomInt(250)}`
  const hosts: Readonly<Record<string, string>> = {
    db1: `${network}.1`,
    db2: `${network}.2`,
    db3: `${network}.3`,
    etcd1: `${network}.4`,
    lb1: `${network}.5`,
  }
  const passwords = {
    SUPERUSER_PASSWORD: randomBytes(12).toString('hex'),
    REPLICATION_PASSWORD: randomBytes(12).toString('hex'),
    SERVICE_PASSWORD: randomBytes(12).toString('hex'),
  }
  const fileOf = (name: string) => join(folder, name)
  const own = async (name: string, text: string): Promise<string> => {
    await writeFile(fileOf(name), text, { mode: 0o600 })
    if (account !== undefined) await chown(fileOf(name), account.uid, account.gid)
    return fileOf(name)
  }

  /** Of db1, db2 and db3 only the addresses: they are names of members, too. */
  const localize = (text: string): string => {
    let local = text
      .replaceAll('etcd1:2379,etcd2:2379,etcd3:2379', 'etcd1:2379')
      .replaceAll('/etc/patroni/patroni.yml', fileOf('db1.yml'))
      .replaceAll('/etc/pgbouncer/userlist.txt', fileOf('userlist.txt'))
      .replaceAll('10.0.0.0/8', '127.0.0.0/8')
      .replaceAll('lb1', hosts.lb1 ?? '')
    for (const [example, value] of Object.entries(passwords)) {
      local = local.replaceAll(example, value)
    }
    return local.replaceAll(/(?<=[@, ])(db[123]|etcd1)(?=[:,/])/g, (name) => hosts[name] ?? name)
  }
  const block = async (info: string) => localize(await documentedBlock(info))

  async function startNode(name: string): Promise<void> {
    const place = await ownFolder(folder, name, account)
    const sample = await documentedBlock('yaml patroni.yml', {
      'mode: required': 'mode: "off"',
      '/var/lib/postgresql/15/aeon-keys': join(place, 'data'),
      '/usr/lib/postgresql/15/bin': await postgresPrograms(),
      '/var/run/postgresql': place,
    })
    const config = await own(`${name}.yml`, localize(sample.replaceAll('db1', name)))
    programs.push(startProgram('/usr/bin/patroni', [config], account))
    guards.push(killWithParent(join(place, 'data/postmaster.pid')))
  }

  const answers = async (name: string, path: string): Promise<boolean> => {
    const signal = AbortSignal.timeout(2_000)
    const asked = fetch(`http://${hosts[name]}:8008${path}`, { signal })
    return asked.then(
      ({ status }) => status === 200,
      () => false,
    )
  }
  const cluster: DocumentedCluster = {
    passwords: Object.values(passwords),
    block,
    async settings(info) {
      const lines = (await block(info)).matchAll(/^(\w+)="(.*)"$/gm)
      return Object.fromEntries(Array.from(lines, ([, name, value]) => [name, value]))
    },
    async isWhole() {
      const leads = await Promise.all(names.map((name) => answers(name, '/leader')))
      const follows = await Promise.all(names.map((name) => answers(name, '/synchronous')))
      return leads.includes(true) && follows.includes(true)
    },
    async startHaproxy() {
      const config = await own('haproxy.cfg', await block('haproxy haproxy.cfg'))
      programs.push(startProgram('/usr/sbin/haproxy', ['-db', '-f', config], account))
    },
    async startPgBouncer() {
      await own('userlist.txt', await block('text userlist.txt'))
      const config = await own('pgbouncer.ini', await block('ini pgbouncer.ini'))
      const program = startProgram('/usr/sbin/pgbouncer', [config], account)
      programs.push(program)
      const isUp = () => program.log().includes('process up')
      await until('PgBouncer is up', isUp, 30_000).catch((error: unknown) => {
        throw new Error(program.log(), { cause: error })
      })
    },
    async stop() {
      for (const guard of guards) guard.end()
      for (const program of programs) await program.end()
    },
  }
  try {
    programs.push(await startEtcd(folder, account, hosts.etcd1 ?? ''))
    for (const name of names) await startNode(name)
    await until('a node leads and another follows', () => cluster.isWhole(), patienceMs)
    return cluster
  } catch (error) {
    const logs = programs.map((one) => one.log().slice(-3_000))
    await cluster.stop()
    throw new Error(`The cluster did not start: ${logs.join('\n')}`, { cause: error })
  }
}

async function startEtcd(
  folder: string,
  account: Account | undefined,
  host: string,
): Promise<Program> {
  const [client, peer] = [`http://${host}:2379`, `http://${host}:2380`]
  return startProgram(
    '/usr/bin/etcd',
    [
      ...['--data-dir', await ownFolder(folder, 'etcd', account), '--name', 'one'],
      ...['--listen-client-urls', client, '--advertise-client-urls', client],
      ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
      ...['--initial-cluster', `one=${peer}`],
      // The disk of a busy machine is slow; one that is alone needs no quick election.
      ...['--heartbeat-interval', '500', '--election-timeout', '5000'],
    ],
    account,
  )
}
