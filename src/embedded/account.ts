import { execFile } from 'node:child_process'
import { readFile, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'

import { EmbeddedPostgresError, failedWith } from './error.ts'

/** The operating system account that PostgreSQL runs under. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

const ROOT = 0
const UNPRIVILEGED_NAMES = ['postgres', '_postgres', 'nobody']

/**
 * The account to drop privileges to, since PostgreSQL refuses to run as root: the owner of the
 * cluster if there is one, else `postgres`, else `nobody`. Undefined when this process is not root.
 */
export async function serverAccount(clusterDir: string): Promise<Account | undefined> {
  if (process.geteuid?.() !== ROOT) return undefined
  return (await ownerOf(clusterDir)) ?? (await namedAccount())
}

async function ownerOf(folder: string): Promise<Account | undefined> {
  try {
    const { uid, gid } = await stat(folder)
    return uid === ROOT ? undefined : { uid, gid }
  } catch (error) {
    if (failedWith(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw error
  }
}

async function namedAccount(): Promise<Account> {
  const accounts = (await readFile('/etc/passwd', 'utf8'))
    .split('\n')
    .map((line) => line.split(':'))
  for (const name of UNPRIVILEGED_NAMES) {
    const [, , uid, gid] = accounts.find((fields) => fields[0] === name) ?? []
    if (Number(uid) > 0 && Number(gid) > 0) return { uid: Number(uid), gid: Number(gid) }
  }
  throw new EmbeddedPostgresError(
    'start_failed',
    'PostgreSQL does not run as root, and the system has no account named postgres or nobody. ' +
      'Start the service as another user than root, or set DATABASE_URL.',
  )
}

/**
 * The options of every child process: it runs under `account`, in a folder that everyone may enter,
 * and without this process's environment, which may hold secrets.
 */
export function childOptions(account: Account | undefined) {
  return { ...account, cwd: '/', env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' } }
}

/** The outermost of `folder` and its parents that `account` may not enter, if any. */
export async function firstClosedFolder(
  account: Account | undefined,
  folder: string,
): Promise<string | undefined> {
  if (account === undefined) return undefined
  const args = ['-c', PRINT_FIRST_CLOSED, 'sh', ...foldersDownTo(folder)]
  try {
    const { stdout } = await promisify(execFile)('/bin/sh', args, childOptions(account))
    return stdout === '' ? undefined : stdout
  } catch (cause) {
    throw new EmbeddedPostgresError(
      'start_failed',
      `PostgreSQL does not run as root, and the process may not switch to account ${account.uid}. ` +
        'Start the service as another user than root, or set DATABASE_URL.',
      cause,
    )
  }
}

/**
 * A process under the account itself tests each folder, so that access lists and mount options
 * count as well as mode bits.
 */
const PRINT_FIRST_CLOSED = `
for folder do
  [ -x "$folder" ] && continue
  [ -d "$folder" ] && printf %s "$folder"
  exit 0
done`

function foldersDownTo(path: string): readonly string[] {
  const parent = dirname(path)
  return parent === path ? [path] : [...foldersDownTo(parent), path]
}
