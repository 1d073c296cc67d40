import { createHash } from 'node:crypto'
import { chmod, chown, lstat, mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { fitsSocketPath, maxSocketPathBytes } from '../socket-path.ts'
import type { DataDir } from './data-dir.ts'
import { EmbeddedPostgresError, failedWith } from './error.ts'

/** Part of the socket file's name; nothing listens on TCP. */
export const SOCKET_PORT = 5432

/**
 * The private folder of the server's socket: inside DATA_DIR, or under the system's temporary
 * folder when that path is too long for a socket. The same DATA_DIR always gives the same folder.
 * @throws EmbeddedPostgresError `socket_path_too_long` when neither is short enough.
 */
export function socketFolder(dataDir: DataDir): string {
  const digest = createHash('sha256').update(dataDir.path).digest('hex').slice(0, 16)
  const candidates = [join(dataDir.path, 'socket'), join(tmpdir(), `aeon-keys-${digest}`)]
  const folder = candidates.find((candidate) =>
    fitsSocketPath(join(candidate, `.s.PGSQL.${SOCKET_PORT}`)),
  )
  if (folder !== undefined) return folder
  throw new EmbeddedPostgresError(
    'socket_path_too_long',
    `DATA_DIR ${dataDir.path} is too long for a Unix socket (${maxSocketPathBytes} bytes), and so is ` +
      `the temporary directory ${tmpdir()}. Set a shorter DATA_DIR.`,
  )
}

/**
 * Creates the socket's folder, closed to all accounts but the server's.
 * @throws EmbeddedPostgresError `data_dir_unusable` when something else has its name.
 */
export async function makeSocketFolder(folder: string, { account }: DataDir): Promise<void> {
  await makePrivateFolder(folder)
  if (account !== undefined && (await isPrivateFolder(folder))) {
    await chown(folder, account.uid, account.gid)
  }
  if (await isPrivateFolder(folder, account?.uid)) return
  throw new EmbeddedPostgresError(
    'data_dir_unusable',
    `${folder} must be a directory that only PostgreSQL's account can enter. ` +
      'Remove the file or directory at this path, or set another DATA_DIR.',
  )
}

async function makePrivateFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 })
    await chmod(folder, 0o700)
  } catch (error) {
    if (!failedWith(error, 'EEXIST')) throw error
  }
}

/**
 * False also when the folder is missing. A link, another owner or a wider mode means that another
 * account may have made it.
 */
export async function isPrivateFolder(folder: string, uid = process.geteuid?.()): Promise<boolean> {
  try {
    const entry = await lstat(folder)
    return entry.isDirectory() && entry.uid === uid && (entry.mode & 0o077) === 0
  } catch (error) {
    if (failedWith(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return false
    throw error
  }
}
