import { verifyEach } from '../ask.ts'
import { concurrently } from '../concurrently.ts'
import type { Service } from './service.ts'
import type { WaitingDatabase } from './waiting-database.ts'

/** Bytes with indexes, on average. */
export interface Sizes {
  /** With its credential, its words and its use record; without its audit events. */
  readonly key: number
  readonly change: number
  readonly auditEvent: number
}

const keys = 2_000

const tables = ['api_key', 'credential', 'api_key_usage', 'api_key_word', 'change', 'audit_event']

/** Issues keys and verifies them once. */
export async function measureSizes(service: Service, database: WaitingDatabase): Promise<Sizes> {
  await database.waitFor('nothing')
  const account = await service.newAccount('sizes')
  const tokens: string[] = []
  await concurrently([...Array(keys).keys()], 4, async (number) => {
    tokens.push((await service.issue(account, `deployment pipeline ${number}`)).token)
  })
  await verifyEach(service.url, service.rootToken, tokens)
  await service.stop()
  const found = new Map<string, { readonly bytes: number; readonly rows: number }>()
  await database.session(async (client) => {
    for (const table of tables) {
      await client.query(`vacuum full ${table}`)
      const { rows } = await client.query(
        `select pg_total_relation_size('${table}')::int as bytes, count(*)::int as rows from ${table}`,
      )
      found.set(table, rows[0])
    }
  })
  const bytesOf = (table: string) => found.get(table)?.bytes ?? Number.NaN
  const rowsOf = (table: string) => found.get(table)?.rows ?? Number.NaN
  const each = (table: string) => bytesOf(table) / rowsOf(table)
  return {
    key: tables.slice(0, 4).reduce((sum, table) => sum + bytesOf(table), 0) / rowsOf('api_key'),
    change: each('change'),
    auditEvent: each('audit_event'),
  }
}
