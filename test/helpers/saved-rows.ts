import type { Client } from 'pg'

/** In the order in which they refer to each other. */
const tables = [
  'role',
  'allow_list',
  'api_key',
  'api_key_allow_list',
  'credential',
  'api_key_usage',
  'idempotent_request',
  'person',
  'membership',
  'invitation',
  'user_session',
]

/**
 * Saves all keys, roles, lists, people, invitations and sessions of people of a database. Returns
 * a function that restores them in one round trip.
 */
export async function saveRows(client: Client): Promise<() => Promise<void>> {
  const removed = tables.toReversed().map((table) => `delete from ${table}`)
  const inserted: string[] = []
  for (const table of tables) {
    await client.query(`create temporary table saved_${table} as select * from public.${table}`)
    const columns = await writableColumnsOf(client, table)
    inserted.push(`insert into ${table} (${columns}) select ${columns} from saved_${table}`)
  }
  // The rows are consistent as they were: no foreign key needs a check.
  await client.query('set session_replication_role = replica')
  const restored = ['begin', ...removed, ...inserted, 'commit'].join('; ')
  return async () => {
    await client.query(restored)
  }
}

/** All columns but the generated ones. */
async function writableColumnsOf(client: Client, table: string): Promise<string> {
  const { rows } = await client.query(
    `select string_agg(attname, ', ') as columns from pg_attribute
     where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = ''`,
    [`public.${table}`],
  )
  return String(rows[0]?.columns)
}
