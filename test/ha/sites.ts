import { setTimeout as sleep } from 'node:timers/promises'
import { startDatabaseSwitch } from '../helpers/database-switch.ts'
import { startFailoverPair } from '../helpers/failover.ts'
import { PatroniCluster } from './patroni-cluster.ts'
import type { PatroniNode, Timeouts } from './patroni-node.ts'
import { startHaproxy, startPooler } from './proxies.ts'
import type { Site } from './site.ts'

/** How the instances reach the servers of a Patroni cluster. */
export type Way = 'hosts' | 'haproxy' | 'haproxy, not fencing' | 'pgbouncer before haproxy'

/** What happens to the leader. */
export type Failure = 'killed' | 'frozen and thawed' | 'its Patroni killed'

export interface PatroniSiteOptions {
  readonly folder: string
  readonly timeouts: Timeouts
  readonly way: Way
  readonly failure: Failure
}

/** Longer than any failover of these runs. */
const frozenForMs = 49_000

export async function startPatroniSite(options: PatroniSiteOptions): Promise<Site> {
  const cluster = await PatroniCluster.start(options.folder, options.timeouts)
  const leader = await cluster.leader()
  const way = await openWay(cluster, options.way)
  return {
    settings: way.settings,
    successors: () => cluster.nodes.filter((one) => one !== leader).map((one) => one.connection),
    fail: () => fail(leader, options.failure),
    logs: () => cluster.nodes.map((node) => `${node.name}:\n${node.log()}`),
    async stop() {
      await way.close()
      await cluster.stop()
    },
  }
}

interface OpenWay {
  readonly settings: Site['settings']
  close(): Promise<void>
}

async function openWay(cluster: PatroniCluster, way: Way): Promise<OpenWay> {
  const urlOf = (hosts: string) => `postgresql://postgres@${hosts}/postgres`
  if (way === 'hosts') {
    const hosts = cluster.nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')
    const DATABASE_URL = `${urlOf(hosts)}?target_session_attrs=read-write`
    return { settings: { DATABASE_URL }, close: async () => undefined }
  }
  const haproxy = await startHaproxy(cluster, way !== 'haproxy, not fencing')
  const direct = urlOf(`127.0.0.1:${haproxy.port}`)
  if (way !== 'pgbouncer before haproxy') {
    return { settings: { DATABASE_URL: direct }, close: () => haproxy.program.end() }
  }
  const pooler = await startPooler(cluster, haproxy.port)
  const DATABASE_URL = urlOf(`127.0.0.1:${pooler.port}`)
  return {
    settings: { DATABASE_URL, DATABASE_LISTEN_URL: direct },
    async close() {
      await pooler.program.end()
      await haproxy.program.end()
    },
  }
}

async function fail(leader: PatroniNode, failure: Failure): Promise<void> {
  switch (failure) {
    case 'killed':
      return leader.kill()
    case 'its Patroni killed':
      return leader.killPatroni()
    case 'frozen and thawed':
      await leader.freeze()
      await sleep(frozenForMs)
      await leader.thaw()
  }
}

/** A primary and its standby from the embedded binaries, behind an address that is turned. */
export async function startSwitchedSite(folder: string): Promise<Site> {
  const pair = await startFailoverPair(folder)
  const way = await startDatabaseSwitch(() => pair.primary.socketPath)
  const { user, database } = pair.primary.connection
  const successor = pair.standby
  return {
    settings: { DATABASE_URL: `postgresql://${user}@127.0.0.1:${way.port}/${database}` },
    successors: () => (successor === undefined ? [] : [successor.connection]),
    async fail() {
      const failed = pair.primary
      way.route = () => failed.socketPath
      await failed.kill()
      await pair.promote()
      await sleep(3_000)
      way.route = () => pair.primary.socketPath
      way.cut()
      // Only now does the promoted one commit.
      await pair.attachStandby()
    },
    logs: () => [],
    async stop() {
      await way.close()
      await pair.stop()
    },
  }
}
