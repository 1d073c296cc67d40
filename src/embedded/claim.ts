import { setTimeout as sleep } from 'node:timers/promises'

import { answers } from './connection.ts'
import { EmbeddedPostgresError } from './error.ts'
import type { Server } from './server.ts'
import type { ServerLog } from './server-log.ts'

/** A run of PostgreSQL and what it writes. */
export interface Run {
  readonly server: Server
  readonly log: ServerLog
}

const RETRY_MS = 100
const LAST_TRY_AFTER_MS = 5_000

/**
 * A watchdog turns sessions away at once when its service dies. A server that still answers after
 * this long has a living one.
 */
const OWNED_AFTER_MS = 1_000

/** What PostgreSQL says when another run, or the rest of one, holds the cluster. */
const LOCKED = /lock file ".*" (already exists|is empty)|shared memory block .* is still in use/

/**
 * Starts PostgreSQL as the only server of this DATA_DIR. When the service that ran there was killed a
 * moment ago, waits for its server to end.
 * @throws EmbeddedPostgresError `data_dir_in_use` when another server keeps the folder,
 *   `start_failed` with PostgreSQL's last lines when it ends for another reason.
 */
export async function claimDataDir(
  launch: () => Promise<Run>,
  dataDir: string,
  socketDir: string,
): Promise<Run> {
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
      if (!LOCKED.test(lastLines)) throw startFailed(dataDir, lastLines)
    }
    if (performance.now() - startedAt > LAST_TRY_AFTER_MS) throw inUse(dataDir, lastLines)
    await sleep(RETRY_MS)
  }
}

function inUse(dataDir: string, lastLines: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'data_dir_in_use',
    `DATA_DIR ${dataDir} is in use by another server. Stop that one, give this one a DATA_DIR of its own, ` +
      `or let both use one PostgreSQL server through DATABASE_URL.${quote(lastLines)}`,
  )
}

function startFailed(dataDir: string, lastLines: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'start_failed',
    `PostgreSQL does not start on DATA_DIR ${dataDir}.${quote(lastLines)}`,
  )
}

function quote(lastLines: string): string {
  return lastLines === '' ? '' : ` Its last lines:\n${lastLines}`
}
