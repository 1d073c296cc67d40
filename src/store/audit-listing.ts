import { type RawBuilder, type Selectable, type SelectQueryBuilder, sql } from 'kysely'
import type { AuditAction } from '../domain/audit/audit-event.ts'
import { maxEventsSearched } from '../domain/limits.ts'
import type { Page, PagePlace, PageRequest } from '../domain/page.ts'
import { type EventSearch, hasSearched } from './audit-search.ts'
import type { Executor } from './database.ts'
import { inPage, takePage, upTo } from './paging.ts'
import type { Schema } from './schema.ts'

/** The events to list: those that pass every condition that is given. */
export interface AuditFilter {
  readonly action?: AuditAction
  /** Acts of the platform's keys are found by the key's id only if the reader may know it. */
  readonly actor?: { readonly id: string; readonly platformToo: boolean }
  /** Also finds events of bulk acts, whose keys are in a table of their own. */
  readonly resourceId?: string
  readonly createdFrom?: Date
  readonly createdBefore?: Date
  readonly search?: EventSearch
}

/**
 * The stored texts of a page of the account's events that pass the filter, in the requested order.
 * A search looks at a part of the log, whose events pass the other conditions: the page may have
 * fewer events than its limit, or none, and yet a next one.
 */
export async function listAuditEvents(
  db: Executor,
  accountId: string,
  filter: AuditFilter,
  page: PageRequest,
): Promise<Page<string>> {
  const { search } = filter
  const end = search && (await findEndOfSearch(db, accountId, filter, page))
  const more = search === undefined ? [] : hasSearched(search)
  if (end !== undefined) more.push(upTo('audit_event', page, end))
  const { items, next } = await takePage(
    filtered(db, accountId, filter, page, more),
    'audit_event',
    page,
    (row) => row.created_at.toISOString(),
  )
  return { items: items.map((row) => row.content), next: next ?? end ?? null }
}

/** The last event that a search looks at for a page; undefined: it looks at all that follow. */
async function findEndOfSearch(
  db: Executor,
  accountId: string,
  filter: AuditFilter,
  page: PageRequest,
): Promise<PagePlace | undefined> {
  const looked = { ...page, limit: maxEventsSearched }
  const [last] = await inPage(filtered(db, accountId, filter, looked), 'audit_event', looked)
    .clearSelect()
    .select(['audit_event.id', 'audit_event.created_at'])
    .offset(maxEventsSearched - 1)
    .limit(1)
    .execute()
  return last && { value: last.created_at.toISOString(), id: last.id }
}

/**
 * Keys of a bulk act's event, in order of their ids, at most `limit`. Empty for any other event;
 * undefined when there is no such event.
 */
export async function listKeysOfEvent(
  db: Executor,
  accountId: string,
  number: number,
  page: { readonly limit: number; readonly after: string | undefined },
): Promise<string[] | undefined> {
  const { rows } = await sql<{ api_key_ids: string[] }>`
    select array(
      select api_key_id from audit_event_key as listed
      where listed.account_id = event.account_id and listed.number = event.number
        and api_key_id > ${page.after ?? beforeAnyId}
      order by api_key_id limit ${page.limit}) as api_key_ids
    from audit_event as event
    where account_id = ${accountId} and number = ${number}`.execute(db)
  return rows[0]?.api_key_ids
}

const beforeAnyId = '00000000-0000-0000-0000-000000000000'

type Events = SelectQueryBuilder<
  Schema,
  'audit_event',
  { readonly id: string; readonly created_at: Date; readonly content: string }
>

function filtered(
  db: Executor,
  accountId: string,
  filter: AuditFilter,
  page: PageRequest,
  more: readonly RawBuilder<boolean>[] = [],
): Events {
  const { action, actor, resourceId, createdFrom, createdBefore } = filter
  let query: Events = select(db).where('account_id', '=', accountId)
  if (action !== undefined) query = query.where('action', '=', action)
  if (actor !== undefined) {
    query = query.where('actor_id', '=', actor.id)
    if (!actor.platformToo) {
      query = query
        .where('actor_kind', '<>', 'platform')
        // Quotes in a text are escaped, so that only the actor of an event has this member.
        .where('content', 'not like', '%"verified":"platform"%')
    }
  }
  if (createdFrom !== undefined) query = query.where('created_at', '>=', createdFrom)
  if (createdBefore !== undefined) query = query.where('created_at', '<', createdBefore)
  for (const condition of more) query = query.where(condition)
  if (resourceId === undefined) return query
  // Each half is read by its own index, and the page is merged from both.
  const own = query.where('resource_id', '=', resourceId)
  const bulk = query.where(
    sql<boolean>`number = any(array(select number from audit_event_key
      where account_id = ${accountId} and api_key_id = ${resourceId}))`,
  )
  const [ofOwn, ofBulk] = [own, bulk].map((part) => inPage(part, 'audit_event', page))
  return select(db, sql`(${ofOwn} union all ${ofBulk})`)
}

function select(db: Executor, events = sql`audit_event`): Events {
  return db
    .selectFrom(events.$castTo<Selectable<Schema['audit_event']>>().as('audit_event'))
    .select(['audit_event.id', 'audit_event.created_at', 'audit_event.content'])
}
