import { sql } from 'kysely'
import type { Database } from '../../src/store/database.ts'

/** The schemas of checks that there are. */
export async function findLeftovers(db: Database): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    select nspname as name from pg_namespace where nspname like 'aeon\\_keys\\_check\\_%'
    order by nspname`.execute(db)
  return rows.map(({ name }) => name)
}

/** The URL with sessions whose tables are in a schema. */
export function withSearchPath(url: string, schema: string): string {
  const setting = `-c search_path=${schema}`
  const given = /([?&]options=)([^&]*)/.exec(url)
  if (given === null) {
    return `${url}${url.includes('?') ? '&' : '?'}options=${encodeURIComponent(setting)}`
  }
  const [whole, name = '', value = ''] = given
  return url.replace(whole, `${name}${value}${encodeURIComponent(` ${setting}`)}`)
}
