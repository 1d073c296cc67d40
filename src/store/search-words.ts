import { type RawBuilder, sql } from 'kysely'
import type { Database } from './database.ts'

/** A search in an account: the words, each of which begins a word of the keys found. */
export interface Search {
  readonly accountId: string
  readonly words: readonly string[]
}

/**
 * The ids of at most `limit` keys that have one word of the search, by the index of words: the
 * longest, which few keys are likely to have.
 */
export function idsByWord({ accountId, words }: Search, limit: number): RawBuilder<unknown> {
  const [longest = ''] = words.toSorted((a, b) => b.length - a.length)
  return sql`
    select found.api_key_id from api_key_word as found
    where found.account_id = ${accountId} and ${beginsWord(sql`found.word`, longest)}
    order by found.word, found.api_key_id limit ${limit}`
}

/** Whether a key has every word, by a lookup of each: it does not become a join. */
export function hasWords({ words }: Search): RawBuilder<unknown>[] {
  return words.map(
    (word) => sql`coalesce((select true from api_key_word as had
      where had.api_key_id = api_key.id and ${beginsWord(sql`had.word`, word)} limit 1), false)`,
  )
}

/**
 * A word begins with a text, folded as words are: the range from the text to the last text that
 * begins so. Words compare by their bytes, and no character is after the last code point.
 */
export function beginsWord(word: RawBuilder<unknown>, text: string): RawBuilder<unknown> {
  return sql`${word} >= fold_word(${text}) and ${word} < fold_word(${text}) || chr(1114111)`
}

/**
 * Stores the words of the next keys that an earlier version may have stored without, or with words
 * that were folded by another rule, at most `limit`. Returns how many keys it looked at: less than
 * `limit` were the last. The keys are locked, so that a rename waits and then replaces the words.
 */
export async function fillSearchWords(db: Database, limit: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    with reached as (
      select swept_id from sweep where name = 'search_words' for update skip locked
    ), batch as materialized (
      select id, account_id, name, description from api_key
      where id > (select swept_id from reached) order by id limit ${limit}
      for no key update of api_key
    ), given as (
      select batch.id, batch.account_id, word
      from batch, words_of(batch.name || ' ' || batch.description) as word
    ), removed as (
      delete from api_key_word as old using batch where old.api_key_id = batch.id
        and not exists (select from given where given.id = batch.id and given.word = old.word)
    ), filled as (
      insert into api_key_word (api_key_id, word, account_id)
      select id, word, account_id from given on conflict do nothing
    ), moved as (
      update sweep set swept_id = (select id from batch order by id desc limit 1)
      where name = 'search_words' and exists (select from batch)
    )
    select count(*)::int as count from batch`.execute(db)
  return rows[0]?.count ?? 0
}
