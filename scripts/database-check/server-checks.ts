import { sql } from 'kysely'
import { Client } from 'pg'
import { identifyServer } from '../../src/store/history.ts'
import { loadProduct } from '../../src/store/load-product.ts'
import { requireUsable } from '../../src/store/requirements.ts'
import { DatabaseServers } from '../../src/store/servers/database-servers.ts'
import { type Finding, note, ok, refused } from './finding.ts'
import type { Site } from './site.ts'

/** One process with the default DATABASE_POOL_MAX, and the two connections of its change feed. */
const connectionsOfOneProcess = 12

/**
 * The version, the encoding, the schema, the rights of the role, and whether sessions may write.
 */
export async function checkServer({ db }: Site): Promise<Finding> {
  const { rows } = await sql<{ read_only: boolean; role: string }>`
    select current_setting('transaction_read_only') = 'on' as read_only, current_user as role`.execute(
    db,
  )
  const [row] = rows
  if (row?.read_only === true) {
    return refused(
      `sessions refuse writes: alter role ${row.role} reset default_transaction_read_only, or name ` +
        'the primary',
    )
  }
  const schema = await requireUsable(db, 'owner')
  const { name, version } = await loadProduct(db)
  return name === 'PostgreSQL'
    ? ok(`${name} ${version}; the tables will be in the schema ${schema}`)
    : note(`${name} ${version}: the service was written for it, and was not yet run on it`)
}

/** An acknowledged commit must survive a crash (assumption A1 of docs/freshness.md). */
export async function checkDurability({ db }: Site): Promise<Finding> {
  const { rows } = await sql<{ fsync: string | null; standbys: string | null }>`
    select current_setting('fsync', true) as fsync,
      current_setting('synchronous_standby_names', true) as standbys`.execute(db)
  const { fsync, standbys } = rows[0] ?? {}
  if (fsync === 'off') {
    return refused('fsync is off: a crash loses acknowledged revocations. Set fsync = on')
  }
  return standbys === ''
    ? note(
        'commits wait for the disk, and for no standby: before a failover is possible, set ' +
          'synchronous_standby_names (docs/operations.md, "High availability")',
      )
    : ok(`commits wait for the disk${standbys ? ` and for ${standbys}` : ''}`)
}

/** Whether the server has room for the connections of one process. */
export async function checkConnections({ db }: Site): Promise<Finding> {
  const { rows } = await sql<{ most: number; used: number; role_most: number }>`
    select current_setting('max_connections')::int as most,
      (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as used,
      (select rolconnlimit from pg_roles where rolname = current_user) as role_most`.execute(db)
  const [row] = rows
  if (row === undefined) return refused('the server does not report its connections')
  const limit = row.role_most < 0 ? row.most : Math.min(row.most, row.role_most)
  const told = `at most ${limit} connections, ${row.used} in use`
  return limit < connectionsOfOneProcess
    ? refused(
        `${told}: one process takes up to ${connectionsOfOneProcess}. Raise max_connections or the ` +
          'limit of the role, or lower DATABASE_POOL_MAX',
      )
    : ok(`${told}; one process takes up to ${connectionsOfOneProcess}`)
}

/** All connections must lead to one history; of a product without one, nothing can be told. */
export async function checkHistory({ url }: Site): Promise<Finding> {
  const servers = new DatabaseServers({ connection: url, connectTimeoutMs: 15_000 })
  const met = new Set<string>()
  for (let connection = 0; connection < 5; connection += 1) {
    await servers.connect(async () => {
      const client = new Client(servers.options)
      client.on('error', () => undefined)
      try {
        await client.connect()
        const { history } = await identifyServer((text) => client.query(text))
        met.add(JSON.stringify(history))
      } finally {
        await client.end().catch(() => undefined)
      }
    })
  }
  if (met.size > 1) {
    return refused(
      `connections lead to ${met.size} servers: let the balancer or pooler send all sessions to the ` +
        'primary',
    )
  }
  return met.has('null')
    ? note('the server reports no history: a restore or a promotion would stay unnoticed')
    : ok('connections lead to one server, which reports its history')
}
