import { type RawBuilder, type SelectQueryBuilder, sql } from 'kysely'
import type { Page, PageRequest, Position, SortField } from '../domain/page.ts'

/**
 * One page of a query by keyset: rows are found by their place in the order, not by a count of rows
 * before them, so that what is inserted or changed between two pages neither repeats nor hides a row.
 * Every order ends in the id, which makes it total.
 */
export async function takePage<Tables, Table extends keyof Tables, Row extends { id: string }>(
  query: SelectQueryBuilder<Tables, Table, Row>,
  table: string,
  page: PageRequest,
  sortValue: (row: Row, field: SortField) => string | null,
): Promise<Page<Row>> {
  const order = orderOf(table, page)
  let paged = query
    .orderBy(order.value, page.sort.descending ? 'desc' : 'asc')
    .orderBy(order.id, page.sort.descending ? 'desc' : 'asc')
    .limit(page.limit + 1)
  if (page.after !== undefined) paged = paged.where(beyond(order, page.after, page))
  const rows = await paged.execute()
  const items = rows.slice(0, page.limit)
  const last = items.at(-1)
  const next: Position | null =
    rows.length > page.limit && last !== undefined
      ? { value: sortValue(last, page.sort.field), id: last.id }
      : null
  return { items, next }
}

interface Order {
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
      return { value: expiryIn(page), id }
  }
}

function beyond(order: Order, after: Position, page: PageRequest): RawBuilder<boolean> {
  const value =
    page.sort.field === 'name'
      ? sql`${after.value}::text collate "C"`
      : sql`${after.value ?? never(page)}::timestamptz`
  const operator = sql.raw(page.sort.descending ? '<' : '>')
  return sql<boolean>`(${order.value}, ${order.id}) ${operator} (${value}, ${after.id}::uuid)`
}

/** The expiry of a key as the index of this order has it: conditions on it narrow what is read. */
export function expiryIn(page: PageRequest): RawBuilder<Date> {
  const descends = page.sort.field === 'expires_at' && page.sort.descending
  return sql<Date>`coalesce(api_key.expires_at, ${sql.lit(descends ? '-infinity' : 'infinity')})`
}

/** Never-expiring keys come last in both orders. */
function never(page: PageRequest): 'infinity' | '-infinity' {
  return page.sort.descending ? '-infinity' : 'infinity'
}
