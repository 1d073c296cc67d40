import { sql } from 'kysely'
import type { AuditAction } from '../domain/audit/audit-event.ts'
import type { Executor } from './database.ts'

export interface LastChangesRequest {
  readonly accountId: string
  readonly resourceIds: readonly string[]
  /** The actions that count as a change. */
  readonly actions: readonly AuditAction[]
}

/**
 * When each resource was last changed, by the audit log; a resource without such an event is not in
 * the map. One step in the index for each resource, and one for each later event of other actions.
 */
export async function findLastChanges(
  db: Executor,
  { accountId, resourceIds, actions }: LastChangesRequest,
): Promise<Map<string, Date>> {
  if (resourceIds.length === 0) return new Map()
  const { rows } = await sql<{ id: string; changed_at: Date }>`
    select wanted.id, newest.created_at as changed_at
    from unnest(${resourceIds}::uuid[]) as wanted (id)
    cross join lateral (
      select created_at from audit_event
      where account_id = ${accountId} and resource_id = wanted.id
        and action = any(${actions}::text[])
      order by created_at desc limit 1
    ) as newest`.execute(db)
  return new Map(rows.map((row) => [row.id, row.changed_at]))
}
