import { type RawBuilder, type SelectQueryBuilder, sql } from 'kysely'
import type { Page, PagePlace, PageRequest, SortField } from '../domain/page.ts'
import { shownProfile } from './shown-profiles.ts'

/**
 * One page of a query, by keyset pagination: rows are found by their place in the order, not by an
 * offset, so that inserts and changes between two pages neither repeat nor hide a row. Every order
 * ends in the id, which makes it total.
 */
export async function takePage<Tables, Table extends keyof Tables, Row extends { id: string }>(
  query: SelectQueryBuilder<Tables, Table, Row>,
  table: string,
  page: PageRequest,
  sortValue: (row: Row, field: SortField) => string | null,
): Promise<Page<Row>> {
  const rows = await inPage(query, table, page).execute()
  const items = rows.slice(0, page.limit)
  const last = items.at(-1)
  const next: PagePlace | null =
    rows.length > page.limit && last !== undefined
      ? { value: sortValue(last, page.sort.field), id: last.id }
      : null
  return { items, next }
}

/**
 * The rows of a query from which its page is taken: one row more than the page shows whether there
 * is another page.
 */
export function inPage<Tables, Table extends keyof Tables, Row>(
  query: SelectQueryBuilder<Tables, Table, Row>,
  table: string,
  page: PageRequest,
): SelectQueryBuilder<Tables, Table, Row> {
  const order = orderOf(table, page)
  const paged = query
    .orderBy(order.value, page.sort.descending ? 'desc' : 'asc')
    .orderBy(order.id, page.sort.descending ? 'desc' : 'asc')
    .limit(page.limit + 1)
  return page.after === undefined ? paged : paged.where(beyond(order, page.after, page))
}

/** The columns of an order: the sorted value, and the id that makes the order total. */
export interface Order {
  readonly value: RawBuilder<unknown>
  readonly id: RawBuilder<unknown>
}

function orderOf(table: string, page: PageRequest): Order {
  const id = sql`${sql.ref(`${table}.id`)}`
  const field = sql.ref(`${table}.${page.sort.field}`)
  switch (page.sort.field) {
    case 'created_at':
      return { value: sql`${field}`, id }
    case 'name':
      return { value: sql`${field} collate "C"`, id }
    case 'expires_at':
      return { value: sql`coalesce(${field}, ${sql.lit(never(page))})`, id }
    case 'email':
      return { value: verifiedEmail, id }
  }
}

/** The condition that a row of a page does not come after a place. */
export function upTo(table: string, page: PageRequest, end: PagePlace): RawBuilder<boolean> {
  const operator = sql.raw(page.sort.descending ? '>=' : '<=')
  return compared(orderOf(table, page), operator, end, page)
}

function beyond(order: Order, after: PagePlace, page: PageRequest): RawBuilder<boolean> {
  return compared(order, sql.raw(page.sort.descending ? '<' : '>'), after, page)
}

function compared(
  order: Order,
  operator: RawBuilder<unknown>,
  place: PagePlace,
  page: PageRequest,
): RawBuilder<boolean> {
  const value =
    page.sort.field === 'name' || page.sort.field === 'email'
      ? sql`${place.value}::text collate "C"`
      : sql`${place.value ?? never(page)}::timestamptz`
  return sql<boolean>`(${order.value}, ${order.id}) ${operator} (${value}, ${place.id}::uuid)`
}

/**
 * The address of a user by which lists are ordered, as foldEmail writes it: empty unless the
 * provider has verified one and the account may see it. In the collation C, only the letters A to
 * Z have another case.
 */
const verifiedEmail = sql<string>`
  case when ${shownProfile.emailVerified}
    then lower(coalesce(${shownProfile.email}, '') collate "C") else '' end
  collate "C"`

/** The expiry of a key as its indexes hold it, so that conditions on it can use them. */
export const expiry = sql<Date>`coalesce(api_key.expires_at, 'infinity')`

/** Conditions, and the end of a statement that reads in the order of an index. */
export interface PagePart {
  readonly conditions: readonly RawBuilder<unknown>[]
  readonly orderAndLimit: RawBuilder<unknown>
}

/**
 * The parts from which a page of keys is merged: each part is read in the order of an index, and
 * holds all that it can contribute to the page. Never-expiring keys come last in both directions,
 * which no index provides: in descending order they are a part of their own, unless only keys that
 * expire are listed.
 */
export function partsOf(page: PageRequest, onlyExpiring: boolean): PagePart[] {
  const { sort, after } = page
  if (sort.field !== 'expires_at' || !sort.descending)
    return [partBy(orderOf('api_key', page), page)]
  const order: Order = { value: expiry, id: sql`api_key.id` }
  const orderAndLimit = endingOf(order, page)
  const parts: PagePart[] = []
  if (after?.value !== null) {
    const place = after === undefined ? [] : [beyond(order, after, page)]
    parts.push({ conditions: [sql`${expiry} < 'infinity'`, ...place], orderAndLimit })
  }
  if (!onlyExpiring) {
    const place = after?.value === null ? [sql`${order.id} < ${after.id}::uuid`] : []
    parts.push({ conditions: [sql`${expiry} = 'infinity'`, ...place], orderAndLimit })
  }
  return parts
}

/** The only part of a page that is read in one order. */
export function partBy(order: Order, page: PageRequest): PagePart {
  const conditions = page.after === undefined ? [] : [beyond(order, page.after, page)]
  return { conditions, orderAndLimit: endingOf(order, page) }
}

function endingOf({ value, id }: Order, { sort, limit }: PageRequest): RawBuilder<unknown> {
  const direction = sql.raw(sort.descending ? 'desc' : 'asc')
  return sql`order by ${value} ${direction}, ${id} ${direction} limit ${limit + 1}`
}

/** Never-expiring keys come last in both directions. */
function never(page: PageRequest): 'infinity' | '-infinity' {
  return page.sort.descending ? '-infinity' : 'infinity'
}
