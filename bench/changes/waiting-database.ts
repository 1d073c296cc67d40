import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded/postgres.ts'

/**
 * What a commit waits for. A slower disk, or a synchronous standby elsewhere, is simulated: before
 * it flushes, PostgreSQL sleeps for `commit_delay`, as long as `fsync` is on.
 */
export const waits = {
  nothing: { told: 'nothing', fsync: 'off', commit_delay: '0' },
  disk: { told: 'the disk', fsync: 'on', commit_delay: '0' },
  'disk and 5 ms': { told: 'the disk, and 5 ms', fsync: 'on', commit_delay: '5000' },
} as const

export type WaitName = keyof typeof waits

/** A database on a server of its own. */
export interface WaitingDatabase {
  readonly url: string
  waitFor(name: WaitName): Promise<void>
  /** Runs `use` on a session of its own. */
  session<T>(use: (client: Client) => Promise<T>): Promise<T>
  /** Ends the server and removes its files. */
  stop(): Promise<void>
}

const log = { info() {}, warn: console.warn, error: console.error }

export async function startWaitingDatabase(): Promise<WaitingDatabase> {
  const dataDir = await mkdtemp(join(tmpdir(), 'aeon-keys-changes-'))
  // When root runs the command, the server has another account, which must be able to enter.
  await chmod(dataDir, 0o711)
  const server = await startEmbeddedPostgres({ dataDir, log })
  const session: WaitingDatabase['session'] = async (use) => {
    const client = new Client({ ...server.connection })
    await client.connect()
    try {
      return await use(client)
    } finally {
      await client.end()
    }
  }
  return {
    url: urlOf(server),
    session,
    async waitFor(name) {
      const { fsync, commit_delay } = waits[name]
      await session(async (client) => {
        await client.query(`alter system set fsync = ${fsync}`)
        await client.query(`alter system set commit_delay = ${commit_delay}`)
        // Otherwise a commit sleeps only beside five others.
        await client.query('alter system set commit_siblings = 0')
        await client.query('checkpoint')
        await client.query('select pg_reload_conf()')
      })
    },
    async stop() {
      await server.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

function urlOf({ connection }: EmbeddedPostgres): string {
  const { user, database, host, port } = connection
  return `postgresql://${user}@/${database}?host=${encodeURIComponent(host)}&port=${port}`
}
