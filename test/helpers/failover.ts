/**
 * A primary and its synchronous standby, from the embedded binaries, and failovers from one to the
 * other.
 */
import { chmod, chown, copyFile, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Binaries, readyBinaries } from '../../src/embedded/binaries.ts'
import { ensureCluster } from '../../src/embedded/cluster.ts'
import { ensureDatabase } from '../../src/embedded/connection.ts'
import { type DataDir, openDataDir } from '../../src/embedded/data-dir.ts'
import { PairServer } from './pair-server.ts'
import { until } from './until.ts'

/**
 * Two servers, of which the primary acknowledges only what the standby has too; without a standby
 * it acknowledges nothing. A failover therefore loses no acknowledged commit, and a deposed primary
 * commits nothing.
 */
export interface FailoverPair {
  /** The server that was promoted last. */
  readonly primary: PairServer
  /** Undefined from a promotion to the next `attachStandby`. */
  readonly standby: PairServer | undefined
  /** Promotes the standby. The old primary is left as it is: alive, frozen or dead. */
  promote(): Promise<void>
  /** Gives the primary a new synchronous standby; only then does it acknowledge commits again. */
  attachStandby(): Promise<void>
  /** Resolves when the standby has everything that the primary has flushed, and is synchronous. */
  inSync(): Promise<void>
  /** Ends and removes a deposed server. */
  discard(server: PairServer): Promise<void>
  /** Ends all servers and removes their files. */
  stop(): Promise<void>
}

export async function startFailoverPair(
  folder: string,
  onLogLine: (line: string) => void = () => undefined,
): Promise<FailoverPair> {
  const servers = new Set<PairServer>()
  const place = await openDataDir(join(folder, 'binaries'))
  const binaries = await readyBinaries(place)
  let count = 0
  let isStopped = false
  async function create(follows?: PairServer): Promise<PairServer> {
    if (isStopped) throw new Error('The pair is stopped.')
    count += 1
    const server = await PairServer.create({
      folder: join(folder, `server-${count}`),
      binaries,
      onLogLine,
      ...(follows && { follows }),
    })
    servers.add(server)
    return server
  }

  let primary = await startFirst(create, binaries)
  let standby: PairServer | undefined
  const pair: FailoverPair = {
    get primary() {
      return primary
    },
    get standby() {
      return standby
    },
    async promote() {
      if (standby === undefined) throw new Error('There is no standby to promote.')
      const [row] = await standby.ask('select pg_promote(true, 60) as is_done')
      if (row?.is_done !== true) throw new Error('The standby was not promoted.')
      primary = standby
      standby = undefined
    },
    async attachStandby() {
      const server = await create(primary)
      await copyRunning(primary, server.dataDir)
      await server.start()
      standby = server
      await pair.inSync()
    },
    async inSync() {
      const [written] = await primary.ask('select pg_current_wal_flush_lsn() as lsn')
      await until(
        'the standby has all that was flushed',
        async () => {
          const rows = await primary.ask(
            `select from pg_stat_replication where state = 'streaming' and sync_state = 'sync'
               and flush_lsn >= '${written?.lsn}'`,
          )
          return rows.length === 1
        },
        60_000,
      )
    },
    async discard(server) {
      servers.delete(server)
      await server.discard()
    },
    async stop() {
      isStopped = true
      await Promise.all([...servers].map((server) => pair.discard(server)))
    },
  }
  try {
    await pair.attachStandby()
    await ensureDatabase(primary.socketDir)
  } catch (error) {
    await pair.stop()
    throw error
  }
  return pair
}

async function startFirst(
  create: () => Promise<PairServer>,
  binaries: Binaries,
): Promise<PairServer> {
  const server = await create()
  await ensureCluster(binaries.initdb, server.dataDir, false)
  await server.start()
  return server
}

/**
 * Makes the data directory of a standby from a running primary: a low-level base backup, since the
 * embedded binaries lack pg_basebackup. The write-ahead log is left out: a standby streams it.
 */
async function copyRunning(primary: PairServer, to: DataDir): Promise<void> {
  await primary.session(async (client) => {
    await client.query(`select pg_backup_start('standby', true)`)
    await copyFolder(primary.dataDir.clusterDir, to.clusterDir, to)
    const { rows } = await client.query('select labelfile from pg_backup_stop(false)')
    await writeOwned(join(to.clusterDir, 'backup_label'), rows[0]?.labelfile, to)
    await writeOwned(join(to.clusterDir, 'standby.signal'), '', to)
  })
}

/**
 * Files that are not copied, or not with their content (PostgreSQL, "Making a Base Backup Using the
 * Low Level API").
 */
const leftOut = /^(postmaster\.pid|postmaster\.opts|backup_label|standby\.signal|pgsql_tmp.*)$/
const leftEmpty = /^(pg_wal|pg_replslot|pg_dynshmem|pg_notify|pg_serial|pg_snapshots|pg_subtrans)$/

async function copyFolder(from: string, to: string, owner: DataDir): Promise<void> {
  await mkdir(to, { mode: 0o700 })
  await chmod(to, 0o700)
  await own(to, owner)
  const entries = await readdir(from, { withFileTypes: true })
  await Promise.all(
    entries.map(async (entry) => {
      const { name } = entry
      const target = join(to, name)
      if (leftOut.test(name)) return
      if (!entry.isDirectory()) return copyOwned(join(from, name), target, owner)
      if (!leftEmpty.test(name)) return copyFolder(join(from, name), target, owner)
      await mkdir(target, { mode: 0o700 })
      await own(target, owner)
    }),
  )
}

/**
 * A file of a running server may vanish at any moment: the write-ahead log records what became of
 * it.
 */
async function copyOwned(from: string, to: string, owner: DataDir): Promise<void> {
  try {
    await copyFile(from, to)
    await own(to, owner)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
}

async function writeOwned(path: string, text: string, owner: DataDir): Promise<void> {
  await writeFile(path, text, { mode: 0o600 })
  await own(path, owner)
}

async function own(path: string, { account }: DataDir): Promise<void> {
  if (account !== undefined) await chown(path, account.uid, account.gid)
}
