import type { IpcNetConnectOpts, TcpNetConnectOpts } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { readyBinaries } from '../../src/embedded/binaries.ts'
import { ensureCluster } from '../../src/embedded/cluster.ts'
import {
  type Connection,
  ensureDatabase,
  serviceConnection,
} from '../../src/embedded/connection.ts'
import { openDataDir } from '../../src/embedded/data-dir.ts'
import { launchServer, type Server } from '../../src/embedded/server.ts'
import { createServerLog } from '../../src/embedded/server-log.ts'
import { serverArguments } from '../../src/embedded/settings.ts'
import { makeSocketFolder, SOCKET_PORT, socketFolder } from '../../src/embedded/socket-folder.ts'
import type { Json } from '../helpers/api.ts'
import { postmasterPid } from '../helpers/process.ts'

/** The address of 'the database'. */
export type DatabaseAddress = IpcNetConnectOpts | TcpNetConnectOpts

/** A PostgreSQL that may be killed and restarted, and keeps what it acknowledged. */
export interface ChaosDatabase {
  readonly name: 'database'
  readonly connection: Connection
  /** The address for one link of an instance. */
  openWay(instance: string): Promise<DatabaseAddress>
  /** The number of deadlocks that it has resolved so far. */
  readonly deadlocks: number
  /** Kills the server itself, and with it all its sessions. */
  kill(): Promise<void>
  /** Restarts the server; resolves when it accepts sessions. */
  start(): Promise<void>
  /**
   * Kills the process of one session, after which the server drops all others and recovers by
   * itself.
   */
  killSession(): Promise<void>
  /** Ends the listening sessions with pg_terminate_backend. */
  terminateListeners(): Promise<void>
  stop(): Promise<void>
}

/** A busy machine recovers slowly. */
const askWithinMs = 120_000

export const oneSession = `select pid from pg_stat_activity where application_name = 'aeon-keys' limit 1`
export const endListeners = `select pg_terminate_backend(pid) from pg_stat_activity
  where query ~* '^(listen|select 1)'`

export async function startKillableDatabase(folder: string): Promise<ChaosDatabase> {
  const dataDir = await openDataDir(join(folder, 'data'))
  const socketDir = socketFolder(dataDir)
  const connection = serviceConnection(socketDir)
  const { initdb, postgres } = await readyBinaries(dataDir)
  await ensureCluster(initdb, dataDir, false)
  const command = [
    postgres,
    ...serverArguments(dataDir.clusterDir, socketDir, true),
    // A kill of a process loses nothing that was handed to the operating system. With it, each
    // recovery flushes every file of the cluster first, however busy the disk.
    ...['-c', 'fsync=off'],
  ]
  let running: Server | undefined
  let deadlocks = 0

  async function start(): Promise<void> {
    await makeSocketFolder(socketDir, dataDir)
    for (let attempt = 1; ; attempt += 1) {
      const log = createServerLog({ info() {}, warn() {}, error() {} })
      const add = (line: string) => {
        if (line.endsWith('deadlock detected')) deadlocks += 1
        log.add(line)
      }
      running = launchServer(command, dataDir.account, { ...log, add })
      if (await running.ready) return
      // The last child of a killed server may still hold its shared memory.
      if (attempt === 20) throw new Error(`PostgreSQL cannot start: ${log.lastLines()}`)
      await sleep(200)
    }
  }

  /** Retries as often as needed: for a while after a crash the server accepts no session. */
  async function ask(text: string): Promise<Json[]> {
    for (const deadline = performance.now() + askWithinMs; ; ) {
      const client = new Client({ ...connection, connectionTimeoutMillis: 2_000 })
      client.on('error', () => undefined)
      try {
        await client.connect()
        return (await client.query(text)).rows
      } catch (error) {
        if (performance.now() > deadline) throw error
        await sleep(200)
      } finally {
        await client.end().catch(() => undefined)
      }
    }
  }

  await start()
  await ensureDatabase(socketDir)
  return {
    name: 'database',
    connection,
    get deadlocks() {
      return deadlocks
    },
    openWay: async () => ({ path: join(socketDir, `.s.PGSQL.${SOCKET_PORT}`) }),
    start,
    async kill() {
      const pid = await postmasterPid(dataDir.path)
      if (pid !== undefined) process.kill(pid, 'SIGKILL')
      await running?.ended
    },
    async killSession() {
      const [row] = await ask(oneSession)
      if (row !== undefined) process.kill(row.pid, 'SIGKILL')
    },
    async terminateListeners() {
      await ask(endListeners)
    },
    async stop() {
      running?.stop()
      await running?.ended
    },
  }
}
