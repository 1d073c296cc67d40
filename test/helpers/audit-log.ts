import type { Client } from 'pg'
import type { Json } from './api.ts'

/** The stored events of an account, the oldest first. */
export async function auditLogOf(raw: Client, accountId: string): Promise<Json[]> {
  const { rows } = await raw.query(
    'select content from audit_event where account_id = $1 order by number',
    [accountId],
  )
  return rows.map((row) => JSON.parse(row.content))
}

/** The number of events of all accounts. */
export async function countEvents(raw: Client): Promise<number> {
  const { rows } = await raw.query('select count(*)::int as count from audit_event')
  return rows[0]?.count ?? 0
}
