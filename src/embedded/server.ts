import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

import { type Account, childOptions } from './account.ts'
import type { ServerLog } from './server-log.ts'

/** One run of PostgreSQL. */
export interface Server {
  /** True when the server accepts connections, false when it has ended instead. */
  readonly ready: Promise<boolean>
  /** Resolves when all of its processes have ended. */
  readonly ended: Promise<void>
  /** Ends all sessions and closes all files in order; await `ended`. */
  stop(): void
}

/**
 * Starts PostgreSQL under a watchdog: a shell that holds one end of a pipe to this process. When
 * this process dies, in whatever way, the pipe closes and the watchdog stops PostgreSQL within a
 * second.
 * @param stranger A process that lock files name although it is no server. PostgreSQL counts a lock
 * file that names its own ancestors as left over, and this variable names one more; it then still
 * refuses to start while a process of the ended server has its shared memory.
 */
export function launchServer(
  command: readonly string[],
  account: Account | undefined,
  log: ServerLog,
  stranger?: number,
): Server {
  const { env, ...options } = childOptions(account)
  // A process session of its own keeps a Ctrl-C at the terminal from stopping the database before
  // the service.
  const watchdog = spawn('/bin/sh', ['-c', WATCHDOG, 'aeon-keys-watchdog', ...command], {
    ...options,
    env: { ...env, ...(stranger !== undefined && { PG_GRANDPARENT_PID: String(stranger) }) },
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  const { promise: ready, resolve: settleReady } = Promise.withResolvers<boolean>()
  const { promise: ended, resolve: settleEnded } = Promise.withResolvers<void>()

  createInterface({ input: watchdog.stderr }).on('line', (line) => {
    log.add(line)
    if (line.endsWith(READY)) settleReady(true)
  })
  watchdog.stdin.on('error', () => {
    // The watchdog has ended already; `ended` resolves.
  })
  watchdog.on('error', (error) => log.add(error.message))
  watchdog.on('exit', () => watchdog.stdin.destroy())
  watchdog.on('close', () => {
    settleReady(false)
    settleEnded()
  })
  return { ready, ended, stop: () => watchdog.stdin.end('stop\n') }
}

const READY = 'LOG:  database system is ready to accept connections'

/**
 * A line on the pipe requests an orderly stop within 30 s; the end of the pipe allows 0.5 s. After
 * that PostgreSQL exits at once, which loses nothing that was committed: the next start recovers.
 * Signals to the whole process group are left to the service to handle.
 */
const WATCHDOG = `
trap '' HUP INT TERM
exec 3<&0 </dev/null
"$@" 3<&- &
server=$!
{
  patience=5
  read -r order <&3 && patience=300
  kill -INT "$server"
  while [ "$patience" -gt 0 ] && kill -0 "$server"; do
    sleep 0.1
    patience=$((patience - 1))
  done
  kill -QUIT "$server"
} >/dev/null 2>&1 &
watcher=$!
exec 3<&-
wait "$server"
status=$?
kill -KILL "$watcher"
wait "$watcher" 2>/dev/null
exit "$status"`
