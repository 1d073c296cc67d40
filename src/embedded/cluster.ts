import { execFile } from 'node:child_process'
import { chown, mkdtemp, open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { childOptions } from './account.ts'
import type { DataDir } from './data-dir.ts'
import { EmbeddedPostgresError, failedWith } from './error.ts'
import { UNFINISHED } from './leftovers.ts'

/** The only role of the embedded server, its superuser. */
export const SERVER_USER = 'aeon_keys'

/**
 * Creates the cluster if there is none, under a temporary name that changes to the final one once
 * the cluster is complete: of two concurrent starts one wins the name, and a start that is killed
 * leaves no partial cluster.
 * @param durable False leaves flushing to the operating system.
 * @throws EmbeddedPostgresError `data_dir_unusable` when the cluster belongs to another account,
 * `start_failed` with the output of initdb when that fails.
 */
export async function ensureCluster(
  initdb: string,
  dataDir: DataDir,
  durable: boolean,
): Promise<void> {
  if (await hasCluster(dataDir)) return

  const unfinished = await mkdtemp(join(dataDir.path, `postgres${UNFINISHED}`))
  try {
    if (dataDir.account) await chown(unfinished, dataDir.account.uid, dataDir.account.gid)
    await runInitdb(initdb, unfinished, dataDir, durable)
    await rename(unfinished, dataDir.clusterDir)
    await flushFolder(dataDir.path)
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    if (!failedWith(error, 'EEXIST', 'ENOTEMPTY')) throw error
  }
}

/** Whether there is a cluster, or something that may be one; a start then reports its faults. */
export async function isClusterThere({ clusterDir }: DataDir): Promise<boolean> {
  try {
    await stat(clusterDir)
    return true
  } catch (error) {
    return !failedWith(error, 'ENOENT', 'ENOTDIR')
  }
}

async function hasCluster({ path, clusterDir, account }: DataDir): Promise<boolean> {
  try {
    const { uid } = await stat(clusterDir)
    const expected = account?.uid ?? process.geteuid?.()
    if (uid === expected) return true
    throw new EmbeddedPostgresError(
      'data_dir_unusable',
      `The database in DATA_DIR ${path} belongs to account ${uid}, but PostgreSQL would run as account ${expected}. ` +
        `Start the service as account ${uid} or as root, or set another DATA_DIR.`,
    )
  } catch (error) {
    if (failedWith(error, 'ENOENT')) return false
    throw error
  }
}

async function runInitdb(
  initdb: string,
  folder: string,
  { path, account }: DataDir,
  durable: boolean,
): Promise<void> {
  const args = [`--pgdata=${folder}`, ...INITDB_OPTIONS, ...(durable ? [] : ['--no-sync'])]
  try {
    await promisify(execFile)(initdb, args, childOptions(account))
  } catch (cause) {
    throw new EmbeddedPostgresError(
      'start_failed',
      `PostgreSQL failed to create a database in DATA_DIR ${path}: ${wordsOf(cause)}`,
      cause,
    )
  }
}

function wordsOf(failure: unknown): string {
  const written = failure instanceof Error && 'stderr' in failure ? String(failure.stderr) : ''
  return written.trim() || String(failure)
}

/**
 * The built-in locale C.UTF-8 sorts by code point and folds the case of all of Unicode, equally on
 * every system. With `trust`, the permissions of the socket's folder decide who may connect.
 */
const INITDB_OPTIONS = [
  `--username=${SERVER_USER}`,
  '--encoding=UTF8',
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--auth=trust',
  '--no-instructions',
]

async function flushFolder(path: string): Promise<void> {
  const folder = await open(path)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
