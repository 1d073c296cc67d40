import { sql } from 'kysely'
import type { AuditAction } from '../domain/audit/audit-event.ts'
import type { RecordedChanges } from '../domain/last-change.ts'
import type { Executor } from './database.ts'

export interface LastChangesRequest {
  readonly accountId: string
  readonly resourceIds: readonly string[]
  /** The actions that count as a change. */
  readonly actions: readonly AuditAction[]
}

/**
 * When each resource was last changed, by the audit log; a resource without such an event is not in
 * the map. A change is recorded by the clock of its instance. Here it counts as a millisecond after
 * the change before it if its clock was behind, so that the time moves forward at each change.
 */
export async function findLastChanges(
  db: Executor,
  { accountId, resourceIds, actions }: LastChangesRequest,
): Promise<Map<string, RecordedChanges>> {
  if (resourceIds.length === 0) return new Map()
  const { rows } = await sql<{ id: string; last_at: Date; count: string }>`
    select wanted.id, changes.last_at, changes.count
    from unnest(${resourceIds}::uuid[]) as wanted (id)
    cross join lateral (
      select max(created_at + (later * interval '1 millisecond')) as last_at, count(*) as count
      from (
        select created_at, row_number() over (order by number desc) - 1 as later
        from audit_event
        where account_id = ${accountId} and resource_id = wanted.id
          and action = any(${actions}::text[])
      ) as change
    ) as changes
    where changes.count > 0`.execute(db)
  return new Map(rows.map((row) => [row.id, { lastAt: row.last_at, count: Number(row.count) }]))
}
