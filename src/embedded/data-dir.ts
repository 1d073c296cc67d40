import { access, chmod, constants, mkdir, realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'

import { type Account, firstClosedFolder, serverAccount } from './account.ts'
import { EmbeddedPostgresError, failedWith } from './error.ts'

/** Where one embedded server keeps its files, and the account that owns them. */
export interface DataDir {
  /** DATA_DIR itself, absolute and without symbolic links. */
  readonly path: string
  /** PostgreSQL's own data directory, inside `path`. */
  readonly clusterDir: string
  /** Undefined: the account of this process. */
  readonly account: Account | undefined
}

const DEFAULT_DATA_DIR = 'data'
const ROOTS_DATA_DIR = '/var/lib/aeon-keys'

/**
 * Creates DATA_DIR if it is missing.
 * @throws EmbeddedPostgresError `data_dir_closed` when the server's account may not enter it,
 * `data_dir_unusable` when it cannot be created or written.
 */
export async function openDataDir(requested: string | undefined): Promise<DataDir> {
  const dataDir = await locateDataDir(requested)
  const closed = await firstClosedFolder(dataDir.account, dataDir.path)
  if (closed !== undefined) throw closedError(dataDir, closed)
  try {
    await makeFolder(dataDir)
    await access(dataDir.path, constants.W_OK)
  } catch (cause) {
    throw unusableError(dataDir.path, cause)
  }
  return dataDir
}

/**
 * Names DATA_DIR without creating anything. Undefined selects the folder that a first start
 * selects.
 */
export async function locateDataDir(requested: string | undefined): Promise<DataDir> {
  const dataDir = await dataDirAt(requested ?? DEFAULT_DATA_DIR)
  if (requested !== undefined) return dataDir
  const closed = await firstClosedFolder(dataDir.account, dataDir.path)
  return closed === undefined ? dataDir : dataDirAt(ROOTS_DATA_DIR)
}

async function dataDirAt(requested: string): Promise<DataDir> {
  const path = await realPathOf(resolve(requested))
  const clusterDir = join(path, 'postgres')
  return { path, clusterDir, account: await serverAccount(clusterDir) }
}

/** Resolves symbolic links in the part of the path that exists. */
async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if (failedWith(error, 'ENOENT')) return join(await realPathOf(dirname(path)), basename(path))
    throw unusableError(path, error)
  }
}

function closedError({ path, account }: DataDir, closed: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'data_dir_closed',
    `PostgreSQL runs as account ${account?.uid} instead of root and cannot reach DATA_DIR ${path}: ` +
      `${closed} is closed to that account. Set a DATA_DIR elsewhere (${ROOTS_DATA_DIR}, ` +
      `for example), or open the directory with: chmod o+x ${closed}`,
  )
}

/**
 * When root creates the folder, others may pass through it, since the server's account is one of
 * them.
 */
async function makeFolder({ path, account }: DataDir): Promise<void> {
  const made = await mkdir(path, { recursive: true })
  if (made !== undefined) await chmod(path, account === undefined ? 0o700 : 0o711)
}

function unusableError(path: string, cause: unknown): EmbeddedPostgresError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new EmbeddedPostgresError(
    'data_dir_unusable',
    `DATA_DIR ${path} is not usable: ${reason}. Set a directory that this account can write, or set DATABASE_URL.`,
    cause,
  )
}
