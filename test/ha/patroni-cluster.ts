import { readFile } from 'node:fs/promises'
import { freePort } from '../helpers/free-port.ts'
import { until } from '../helpers/until.ts'
import { PatroniNode, type Timeouts } from './patroni-node.ts'
import {
  type Account,
  accountOfPrograms,
  ownFolder,
  type Program,
  startProgram,
} from './program.ts'

const patienceMs = 180_000

/** Three nodes under Patroni with one etcd, all on loopback. */
export class PatroniCluster {
  readonly folder: string
  readonly account: Account | undefined
  readonly nodes: readonly PatroniNode[]
  readonly #etcd: Program

  private constructor(
    folder: string,
    account: Account | undefined,
    etcd: Program,
    nodes: readonly PatroniNode[],
  ) {
    this.folder = folder
    this.account = account
    this.#etcd = etcd
    this.nodes = nodes
  }

  /** Resolves when one node leads and another follows it synchronously. */
  static async start(folder: string, timeouts: Timeouts): Promise<PatroniCluster> {
    const account = accountOfPrograms(await readFile('/etc/passwd', 'utf8'))
    const [clientPort, peerPort] = [await freePort(), await freePort()]
    const client = `http://127.0.0.1:${clientPort}`
    const peer = `http://127.0.0.1:${peerPort}`
    const etcd = startProgram(
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
    const nodes: PatroniNode[] = []
    const cluster = new PatroniCluster(folder, account, etcd, nodes)
    try {
      for (const name of ['n1', 'n2', 'n3']) {
        const options = { name, folder, account, etcdPort: clientPort, timeouts }
        nodes.push(await PatroniNode.start(options))
      }
      await cluster.whole()
      return cluster
    } catch (error) {
      const logs = [etcd, ...nodes].map((one) => one.log().slice(-2_000))
      await cluster.stop()
      throw new Error(`The cluster did not start: ${logs.join('\n')}`, { cause: error })
    }
  }

  async leader(): Promise<PatroniNode> {
    for (const node of this.nodes) if (await node.isLeader()) return node
    throw new Error('No node leads.')
  }

  /** Resolves when one node leads and another follows it synchronously. */
  async whole(): Promise<void> {
    await until(
      'a node leads and another one follows synchronously',
      async () => {
        const leads = await Promise.all(this.nodes.map((node) => node.isLeader()))
        const follows = await Promise.all(this.nodes.map((node) => node.isSynchronousStandby()))
        return leads.includes(true) && follows.includes(true)
      },
      patienceMs,
    )
  }

  async stop(): Promise<void> {
    for (const node of this.nodes) await node.stop()
    await this.#etcd.end()
  }
}
