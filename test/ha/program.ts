import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, mkdir, readdir } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { endWithParent } from '../helpers/end-with-parent.ts'

/** A program of Debian's that a run of high availability needs; ends with this process. */
export interface Program {
  readonly pid: number
  /** The end of what it wrote. */
  log(): string
  signal(name: NodeJS.Signals): void
  /** Kills it, unless it has ended. */
  end(): Promise<void>
}

/** The account of Debian's PostgreSQL, which does not run as root. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

const longestLog = 20_000

export function startProgram(
  command: string,
  args: readonly string[],
  account: Account | undefined,
): Program {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: '/',
    detached: true,
    ...account,
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' },
  })
  endWithParent(child)
  let log = ''
  const keep = (bytes: Buffer) => {
    log = (log + bytes.toString()).slice(-longestLog)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  child.on('error', (error) => keep(Buffer.from(String(error))))
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null
  const pid = child.pid ?? 0
  return {
    pid,
    log: () => log,
    signal: (name) => void child.kill(name),
    async end() {
      if (pid === 0 || hasEnded()) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** The account of the programs; undefined when this process is not root. */
export function accountOfPrograms(passwd: string): Account | undefined {
  if (userInfo().uid !== 0) return undefined
  const [, uid, gid] = /^postgres:[^:]*:(\d+):(\d+):/m.exec(passwd) ?? []
  if (uid === undefined || gid === undefined) throw new Error('There is no account postgres.')
  return { uid: Number(uid), gid: Number(gid) }
}

/** The folder of PostgreSQL's programs, of the latest version that Debian has installed. */
export async function postgresPrograms(): Promise<string> {
  const parent = '/usr/lib/postgresql'
  const versions = (await readdir(parent).catch(() => [])).sort((a, b) => Number(a) - Number(b))
  const latest = versions.at(-1)
  if (latest === undefined) throw new Error('Debian has no PostgreSQL installed.')
  return join(parent, latest, 'bin')
}

/** Creates a folder that the programs may write. */
export async function ownFolder(
  parent: string,
  name: string,
  account: Account | undefined,
): Promise<string> {
  const folder = join(parent, name)
  await mkdir(folder, { mode: 0o700 })
  if (account !== undefined) await chown(folder, account.uid, account.gid)
  return folder
}
