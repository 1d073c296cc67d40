import type { AuditAction } from '../domain/audit-event.ts'
import type { Page, PageRequest } from '../domain/page.ts'
import type { Executor } from './database.ts'
import { takePage } from './paging.ts'

/** Which events to list; all that are given must hold. */
export interface AuditFilter {
  readonly action?: AuditAction
  /** What keys of the platform did is found by their id only if the reader may know them. */
  readonly actor?: { readonly id: string; readonly platformToo: boolean }
  readonly resourceId?: string
  readonly createdFrom?: Date
  readonly createdBefore?: Date
}

/** The texts of the account's events that pass the filter, a page of them in the order asked for. */
export async function listAuditEvents(
  db: Executor,
  accountId: string,
  filter: AuditFilter,
  page: PageRequest,
): Promise<Page<string>> {
  const { action, actor, resourceId, createdFrom, createdBefore } = filter
  let query = db
    .selectFrom('audit_event')
    .select(['audit_event.id', 'audit_event.created_at', 'audit_event.content'])
    .where('account_id', '=', accountId)
  if (action !== undefined) query = query.where('action', '=', action)
  if (actor !== undefined) {
    query = query.where('actor_id', '=', actor.id)
    if (!actor.platformToo) query = query.where('actor_kind', '<>', 'platform')
  }
  if (resourceId !== undefined) query = query.where('resource_id', '=', resourceId)
  if (createdFrom !== undefined) query = query.where('created_at', '>=', createdFrom)
  if (createdBefore !== undefined) query = query.where('created_at', '<', createdBefore)
  const { items, next } = await takePage(query, 'audit_event', page, (row) =>
    row.created_at.toISOString(),
  )
  return { items: items.map((row) => row.content), next }
}
