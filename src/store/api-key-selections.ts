/** How the ids of the keys of a page are selected, by what few keys have in common. */
import { type RawBuilder, sql } from 'kysely'
import type { PageRequest } from '../domain/page.ts'
import { expiry, partBy } from './paging.ts'
import { hasWords, idsByWord } from './search-words.ts'
import { wasLastUsedBefore } from './usage.ts'

const aDayMs = 24 * 60 * 60 * 1000

/**
 * A bound for the index by time of issue, a day later than `time`: what happened to a key before
 * `time` happened after its issue, by clocks that may be a day apart.
 */
export function issuedBefore(table: 'api_key' | 'used', time: Date): RawBuilder<unknown> {
  return sql`${sql.ref(`${table}.created_at`)} < ${new Date(time.getTime() + aDayMs)}`
}

/**
 * Of all keys those last used before a time, in order of issue: the table of uses has that order
 * too, and no other column of the keys is filtered. Few keys issued shortly before the time were
 * not used since, so that a lookup of the use of each took 10 ms among a million keys.
 */
export function selectByUse(
  accountId: string,
  lastUsedBefore: Date,
  page: PageRequest,
): RawBuilder<unknown> {
  const order = { value: sql`used.created_at`, id: sql`used.api_key_id` }
  const { conditions, orderAndLimit } = partBy(order, page)
  const all = [
    sql`used.account_id = ${accountId}`,
    wasLastUsedBefore('used', lastUsedBefore),
    issuedBefore('used', lastUsedBefore),
    ...conditions,
  ]
  return sql`(
    select used.api_key_id as id, used.created_at from api_key_usage as used
    where ${sql.join(all, sql` and `)} ${orderAndLimit})`
}

/**
 * Fewer keys than fill this many pages count as few. Where there are more, as many are read in
 * vain.
 */
const fewPages = 4

export type Select = (
  rows: RawBuilder<unknown>,
  ...more: RawBuilder<unknown>[]
) => RawBuilder<unknown>

/**
 * Keys that expire before a time, in another order than that of expiry. If a read of the index by
 * expiry finds few, they are sorted; if it finds many, the requested order is read until the page
 * is full. The planner cannot decide that: it assumes that as many of the revoked keys expire as of
 * the others.
 */
export function selectExpiring(
  select: Select,
  { limit }: PageRequest,
  indexed: readonly RawBuilder<unknown>[],
): RawBuilder<unknown> {
  const few = fewPages * limit
  const areFew = sql`(select count(*) from soonest) <= ${few}`
  return sql`(
    with soonest as materialized (
      select api_key.* from api_key where ${sql.join(indexed, sql` and `)}
      order by ${expiry}, api_key.id limit ${few + 1})
    ${select(sql`soonest`, areFew)} union all ${select(sql`api_key`, sql`not (${areFew})`)})`
}

/**
 * Keys last used before a time. If a read of the index of uses finds few, they are sorted; if it
 * finds many, the order of the page is read, and the use of one key after another, until the page
 * is full. For a join PostgreSQL 15 may merge by id all keys and all uses of the account.
 */
export function selectUnused(
  select: Select,
  { limit }: PageRequest,
  { accountId, lastUsedBefore }: { readonly accountId: string; readonly lastUsedBefore: Date },
): RawBuilder<unknown> {
  const few = fewPages * limit
  const ids = sql`
    select used.api_key_id from api_key_usage as used
    where used.account_id = ${accountId} and ${wasLastUsedBefore('used', lastUsedBefore)}
    order by used.last_used_day, used.api_key_id limit ${few + 1}`
  return selectFew(select, few, ids, wasUsedOnlyBefore(lastUsedBefore))
}

/**
 * Keys with all words of a search. If the index of words finds few keys with one of the words, they
 * are sorted; if it finds many, the order of the page is read, and the words of one key after
 * another, until the page is full.
 */
export function selectFound(
  select: Select,
  { limit }: PageRequest,
  search: { readonly accountId: string; readonly words: readonly string[] },
): RawBuilder<unknown> {
  const few = fewPages * limit
  const areFew = sql`(select count(*) from worded) <= ${few}`
  const keys = sql`(
    select api_key.* from (select distinct api_key_id from worded) as one
    join api_key on api_key.id = one.api_key_id)`
  const conditions = hasWords(search)
  return sql`(
    with worded as materialized (${idsByWord(search, few + 1)})
    ${select(keys, areFew, ...conditions)} union all
    ${select(sql`api_key`, sql`not (${areFew})`, ...conditions)})`
}

/**
 * The keys of a list that count as few are more: they are found by id, and where they are one in a
 * hundred, a page in any order would be read from five thousand others.
 */
const fewRestrictedPages = 40

/**
 * Keys that use an allow list. If the index of its uses has few, they are sorted; if it has many,
 * the order of the page is read, and the lists of one key after another, until the page is full.
 */
export function selectRestricted(
  select: Select,
  { limit }: PageRequest,
  { accountId, allowListId }: { readonly accountId: string; readonly allowListId: string },
): RawBuilder<unknown> {
  const few = fewRestrictedPages * limit
  const ids = sql`
    select used.api_key_id from api_key_allow_list as used
    where used.account_id = ${accountId} and used.allow_list_id = ${allowListId} and used.live
    limit ${few + 1}`
  const usesList = sql`coalesce((select true from api_key_allow_list as used
    where used.api_key_id = api_key.id and used.allow_list_id = ${allowListId} and used.live),
    false)`
  return selectFew(select, few, ids, usesList)
}

/**
 * The keys that `ids` names, if it names few; otherwise the keys that `holds`, which is evaluated
 * key by key. `ids` reads one more than few, each key once.
 */
function selectFew(
  select: Select,
  few: number,
  ids: RawBuilder<unknown>,
  holds: RawBuilder<unknown>,
): RawBuilder<unknown> {
  const areFew = sql`(select count(*) from found_few) <= ${few}`
  const keys = sql`(
    select api_key.* from found_few join api_key on api_key.id = found_few.api_key_id)`
  return sql`(
    with found_few as materialized (${ids})
    ${select(keys, areFew)} union all ${select(sql`api_key`, sql`not (${areFew})`, holds)})`
}

/** Evaluated key by key: it does not become a join. */
export function wasUsedOnlyBefore(time: Date): RawBuilder<unknown> {
  return sql`coalesce((select ${wasLastUsedBefore('used', time)} from api_key_usage as used
    where used.api_key_id = api_key.id), false)`
}
