import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { answers } from './connection.ts'
import type { DataDir } from './data-dir.ts'
import { EmbeddedPostgresError } from './error.ts'
import { lockFilesOf, lockOwnerOf } from './lock-files.ts'
import type { Server } from './server.ts'
import type { ServerLog } from './server-log.ts'

/** One run of PostgreSQL, and its log. */
export interface Run {
  readonly server: Server
  readonly log: ServerLog
}

const RETRY_MS = 100
const LAST_TRY_AFTER_MS = 5_000

/**
 * A watchdog refuses new sessions as soon as its service dies. A server that still answers after
 * this long therefore belongs to a running service.
 */
const OWNED_AFTER_MS = 1_000

/** PostgreSQL's messages when another run, or what is left of one, holds the cluster. */
const LOCKED = /lock file ".*" (already exists|is empty)|shared memory block .* is still in use/

/**
 * PostgreSQL's messages about a lock file that names no server: for a moment while another start
 * creates it, permanently after a full disk.
 */
const DAMAGED = /lock file "(?<name>.+?)" is empty|bogus data in lock file "(?<bogus>.+?)"/

/** PostgreSQL's hint about a lock file that names a running process. */
const HOLDER = /Is another postmaster \(PID (?<pid>\d+)\)|Is another postgres \(PID (?<lone>\d+)\)/

/**
 * Starts PostgreSQL as the only server of this DATA_DIR. When the service that ran there was killed
 * a moment ago, waits for its server to end.
 * @throws EmbeddedPostgresError `data_dir_in_use` when another server keeps the folder,
 * `lock_file_damaged` when a lock file names no server and stays so, `start_failed` with
 * PostgreSQL's last lines when it ends for another reason.
 */
export async function claimDataDir(
  launch: () => Promise<Run>,
  place: DataDir,
  socketDir: string,
): Promise<Run> {
  const { path: dataDir, clusterDir } = place
  const startedAt = performance.now()
  let answeredSince: number | undefined
  let lastLines = ''

  for (;;) {
    if (await answers(socketDir)) {
      answeredSince ??= performance.now()
      if (performance.now() - answeredSince > OWNED_AFTER_MS) throw inUse(dataDir, '')
    } else {
      answeredSince = undefined
      const run = await launch()
      if (await run.server.ready) return run
      lastLines = run.log.lastLines()
      if (!LOCKED.test(lastLines) && !DAMAGED.test(lastLines)) {
        throw startFailed(dataDir, lastLines)
      }
    }
    if (performance.now() - startedAt > LAST_TRY_AFTER_MS) {
      throw lockFileDamaged(clusterDir, lastLines) ?? (await locked(place, socketDir, lastLines))
    }
    await sleep(RETRY_MS)
  }
}

function inUse(dataDir: string, lastLines: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'data_dir_in_use',
    `Another server uses DATA_DIR ${dataDir}. Stop that server, set another DATA_DIR, ` +
      `or let both services use one PostgreSQL server through DATABASE_URL.${quote(lastLines)}`,
  )
}

/** PostgreSQL takes the process that a lock file names for a server, and none answers. */
async function locked(
  { path: dataDir, clusterDir }: DataDir,
  socketDir: string,
  lastLines: string,
): Promise<EmbeddedPostgresError> {
  const { pid, lone } = HOLDER.exec(lastLines)?.groups ?? {}
  const holder = pid ?? lone
  if (holder === undefined || (await lockOwnerOf(Number(holder), clusterDir)) === 'server') {
    return inUse(dataDir, lastLines)
  }
  return new EmbeddedPostgresError(
    'data_dir_in_use',
    `The lock files of DATA_DIR ${dataDir} name process ${holder}, and no PostgreSQL answers there. ` +
      `See what that process is: ps -p ${holder}. If it is a PostgreSQL of this DATA_DIR, stop it: ` +
      `kill -INT ${holder}. If it is another program, which got the id of an ended server, remove ` +
      `${lockFilesOf(clusterDir, socketDir).join(' and ')}, and start again.${quote(lastLines)}`,
  )
}

/** PostgreSQL names the file relative to its own folder. */
function lockFileDamaged(clusterDir: string, lastLines: string): EmbeddedPostgresError | undefined {
  const { name, bogus } = DAMAGED.exec(lastLines)?.groups ?? {}
  const named = name ?? bogus
  if (named === undefined) return undefined
  const file = resolve(clusterDir, named)
  return new EmbeddedPostgresError(
    'lock_file_damaged',
    `The lock file ${file} ${name === undefined ? 'holds no lock' : 'is empty'}, as a full disk or a ` +
      'crash of the machine leaves it. See that the disk has room and that no PostgreSQL runs on this ' +
      `DATA_DIR, remove that file, and start again.${quote(lastLines)}`,
  )
}

function startFailed(dataDir: string, lastLines: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'start_failed',
    `PostgreSQL failed to start on DATA_DIR ${dataDir}.${quote(lastLines)}`,
  )
}

function quote(lastLines: string): string {
  return lastLines === '' ? '' : ` Its last lines:\n${lastLines}`
}
