import { readyBinaries } from './binaries.ts'
import { claimDataDir, type Run } from './claim.ts'
import { removeClientVariables } from './client-variables.ts'
import { ensureCluster, isClusterThere } from './cluster.ts'
import { answers, type Connection, ensureDatabase, serviceConnection } from './connection.ts'
import { locateDataDir, openDataDir } from './data-dir.ts'
import { EmbeddedPostgresError } from './error.ts'
import { removeLeftovers } from './leftovers.ts'
import { strangerInLock } from './lock-files.ts'
import { launchServer } from './server.ts'
import { createServerLog, type Log } from './server-log.ts'
import { serverArguments } from './settings.ts'
import { isPrivateFolder, makeSocketFolder, socketFolder } from './socket-folder.ts'
import { supervise } from './supervise.ts'

export { EmbeddedPostgresError, type EmbeddedPostgresErrorCode } from './error.ts'

/** An embedded PostgreSQL server, which runs as long as this process does. */
export interface EmbeddedPostgres {
  /** The connection for pg: `host` is the folder of the private Unix socket. */
  readonly connection: Connection
  /** DATA_DIR as an absolute path without symbolic links. */
  readonly dataDir: string
  /**
   * Ends all sessions; resolves when PostgreSQL has ended. Until this call PostgreSQL is kept
   * running.
   */
  stop(): Promise<void>
}

export interface EmbeddedOptions {
  /**
   * DATA_DIR. Undefined selects `./data`, or `/var/lib/aeon-keys` when this process is root and the
   * account that it drops privileges to cannot enter `./data`.
   */
  readonly dataDir: string | undefined
  /**
   * False, for tests only, gives up safety against a crash of the machine for speed. Default true.
   */
  readonly durable?: boolean
  readonly log: Log
}

/**
 * Starts an embedded PostgreSQL on DATA_DIR, which is created if it is missing or empty. The server
 * listens on a Unix socket only, ends within a second of this process, however that dies, and is
 * restarted when it ends by itself. Resolves when the server accepts sessions; after a crash, once
 * its recovery is done. Installs no signal handler: the caller calls `stop`. Removes the `PG*`
 * variables of this process.
 * @throws EmbeddedPostgresError; its code names the condition, its message the remedy.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const { log, durable = true } = options
  removeClientVariables()
  const dataDir = await openDataDir(options.dataDir)
  const socketDir = socketFolder(dataDir)
  const { initdb, postgres } = await readyBinaries(dataDir)
  await ensureCluster(initdb, dataDir, durable)

  const command = [postgres, ...serverArguments(dataDir.clusterDir, socketDir, durable)]
  async function launch(): Promise<Run> {
    await makeSocketFolder(socketDir, dataDir)
    const stranger = await strangerInLock(dataDir.clusterDir, socketDir)
    const runLog = createServerLog(log)
    return { server: launchServer(command, dataDir.account, runLog, stranger), log: runLog }
  }

  const first = await claimDataDir(launch, dataDir, socketDir)
  const { stop } = supervise(first, launch, log)
  try {
    first.log.release()
    await ensureDatabase(socketDir)
    await removeLeftovers(dataDir.path)
  } catch (cause) {
    await stop()
    throw setUpFailed(dataDir.path, cause)
  }
  log.info({ dataDir: dataDir.path }, 'The private PostgreSQL accepts sessions')
  return { connection: serviceConnection(socketDir), dataDir: dataDir.path, stop }
}

function setUpFailed(dataDir: string, cause: unknown): EmbeddedPostgresError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new EmbeddedPostgresError(
    'start_failed',
    `PostgreSQL runs on DATA_DIR ${dataDir}, but its setup failed: ${reason}`,
    cause,
  )
}

/**
 * The connection to the embedded server that already runs on this DATA_DIR; undefined when none
 * answers. Starts nothing and writes nothing; an undefined `dataDir` means what it means to a
 * start. Removes the `PG*` variables of this process.
 */
export async function findRunningEmbeddedPostgres(
  dataDir: string | undefined,
): Promise<Connection | undefined> {
  removeClientVariables()
  const located = await locateDataDir(dataDir)
  const socketDir = socketFolder(located)
  if (!(await isPrivateFolder(socketDir, located.account?.uid))) return undefined
  return (await answers(socketDir)) ? serviceConnection(socketDir) : undefined
}

/** Whether a start on this DATA_DIR would find a database. Writes nothing. */
export async function hasEmbeddedPostgres(dataDir: string | undefined): Promise<boolean> {
  return isClusterThere(await locateDataDir(dataDir))
}
