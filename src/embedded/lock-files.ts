import { execFile } from 'node:child_process'
import { readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'

import { SOCKET_PORT } from './socket-folder.ts'

/**
 * What a process is to a cluster: a `server` of it, a `stranger` that got the id of an ended server
 * again, or `unknown` where the system does not say.
 */
export type LockOwner = 'server' | 'stranger' | 'unknown'

/** PostgreSQL's lock files: that of its data directory, and that of its socket. */
export function lockFilesOf(clusterDir: string, socketDir: string): readonly string[] {
  return [join(clusterDir, 'postmaster.pid'), join(socketDir, `.s.PGSQL.${SOCKET_PORT}.lock`)]
}

/**
 * The process that a lock file names although it is no server of this cluster; undefined when there
 * is none. A crash of the machine and the end of a container leave lock files, and process ids are
 * used again: in containers the same few.
 */
export async function strangerInLock(
  clusterDir: string,
  socketDir: string,
): Promise<number | undefined> {
  for (const file of lockFilesOf(clusterDir, socketDir)) {
    const pid = await processIn(file)
    if (pid !== undefined && (await lockOwnerOf(pid, clusterDir)) === 'stranger') return pid
  }
  return undefined
}

/** What a process is to a cluster. PostgreSQL works in its data directory from its start on. */
export async function lockOwnerOf(pid: number, clusterDir: string): Promise<LockOwner> {
  const program = await programOf(pid)
  if (program === undefined) return 'unknown'
  if (!SERVER_PROGRAMS.has(program)) return 'stranger'
  try {
    const [works, cluster] = await Promise.all([stat(`/proc/${pid}/cwd`), stat(clusterDir)])
    return works.dev === cluster.dev && works.ino === cluster.ino ? 'server' : 'stranger'
  } catch {
    return 'unknown'
  }
}

const SERVER_PROGRAMS: ReadonlySet<string> = new Set(['postgres', 'postmaster'])

/** A lone backend writes the negative of its id. */
async function processIn(file: string): Promise<number | undefined> {
  try {
    const pid = Math.abs(Number.parseInt(await readFile(file, 'utf8'), 10))
    return pid > 0 ? pid : undefined
  } catch {
    return undefined
  }
}

/** The name of a process's program, from /proc, or from `ps` where there is none. */
async function programOf(pid: number): Promise<string | undefined> {
  try {
    return (await readFile(`/proc/${pid}/comm`, 'utf8')).trim()
  } catch {
    return programByPs(pid)
  }
}

async function programByPs(pid: number): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'comm=', '-p', String(pid)])
    return basename(stdout.trim()) || undefined
  } catch {
    return undefined
  }
}
