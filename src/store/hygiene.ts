import { type RawBuilder, sql } from 'kysely'
import type { HygieneFinding } from '../domain/key/hygiene.ts'
import type { PagePlace } from '../domain/page.ts'
import type { Executor } from './database.ts'

export interface HygieneQuestion {
  readonly accountId: string
  readonly findings: readonly HygieneFinding[]
  /** How many keys are examined, at most: this bounds the cost of the statement. */
  readonly window: number
  /** How many keys of each finding are returned. */
  readonly sampled: number
  /** The key after which to begin; the latest keys come first. */
  readonly after: PagePlace | undefined
  readonly sensitive: readonly string[]
  readonly unusedBefore: Date
  readonly now: Date
}

export interface HygieneAnswer {
  readonly examined: number
  /** The last examined key, when there may be more. */
  readonly next: PagePlace | null
  readonly found: readonly {
    readonly finding: HygieneFinding
    readonly count: number
    /** The latest first. */
    readonly ids: readonly string[]
  }[]
}

/**
 * Examines the account's keys that are not revoked, the latest first, and returns findings on those
 * that have not expired.
 */
export async function examineKeys(db: Executor, question: HygieneQuestion): Promise<HygieneAnswer> {
  const { accountId, findings, window, sampled, after, now } = question
  const beyond =
    after === undefined
      ? sql`true`
      : sql`(created_at, id) < (${after.value}::timestamptz, ${after.id}::uuid)`
  const columns = findings.map(
    (finding, place) => sql`${condition(finding, question)} as ${sql.ref(`is_${place}`)}`,
  )
  const results = findings.map((finding, place) => {
    const applies = sql.ref(`is_${place}`)
    return sql`json_build_object('finding', ${finding}::text,
      'count', count(*) filter (where ${applies}),
      'ids', coalesce(to_json((array_agg(id order by created_at desc, id desc)
        filter (where ${applies}))[1:${sql.lit(sampled)}]), '[]'))`
  })
  const { rows } = await sql<{
    examined: number
    last_created_at: Date | null
    last_id: string | null
    found: HygieneAnswer['found']
  }>`
    with examined as materialized (
      select id, created_at, created_by_id, role_id, reach, expires_at
      from api_key
      where account_id = ${accountId} and revoked_at is null and ${beyond}
      order by created_at desc, id desc limit ${window}
    ), judged as (
      select examined.id, examined.created_at, ${sql.join(columns)}
      from examined
      join role on role.id = examined.role_id
      left join api_key_usage on api_key_usage.api_key_id = examined.id
      where examined.expires_at is null or examined.expires_at > ${now}
    ), last as (
      select id, created_at from examined order by created_at, id limit 1
    )
    select (select count(*)::int from examined) as examined,
      (select created_at from last) as last_created_at, (select id from last) as last_id,
      json_build_array(${sql.join(results)}) as found
    from judged`.execute(db)
  const [row] = rows
  if (row === undefined) throw new Error('The aggregate returned no row.')
  const { examined, last_created_at: createdAt, last_id: id, found } = row
  const mayBeMore = examined === window && createdAt !== null && id !== null
  return { examined, next: mayBeMore ? { value: createdAt.toISOString(), id } : null, found }
}

/**
 * Each condition is evaluated key by key, with a bound of its own: a join could read the keys of
 * the whole account.
 */
function condition(
  finding: HygieneFinding,
  { accountId, sensitive, unusedBefore }: HygieneQuestion,
): RawBuilder<unknown> {
  const firstUse = sql`(select max(first_used_at) from credential
    where credential.api_key_id = examined.id)`
  switch (finding) {
    case 'never_used':
      return sql`(${firstUse} is null)`
    case 'unused_for_90_days':
      // A use that was not recorded is no earlier than the first use.
      return sql`coalesce(coalesce(api_key_usage.last_used_at, ${firstUse}) < ${unusedBefore}, false)`
    case 'never_expires':
      return sql`(examined.expires_at is null)`
    case 'usable_from_anywhere':
      return sql`(examined.reach = 'anywhere')`
    case 'sensitive_permission':
      return sql`(role.effective_account && ${sensitive}::text[]
        or role.effective_platform && ${sensitive}::text[])`
    case 'last_of_its_creator': {
      const ofCreator = sql`select from api_key as other
        where other.account_id = ${accountId} and other.created_by_id = examined.created_by_id`
      // The order is that of an index, and two rows decide: otherwise the planner may read the
      // table.
      const two = sql`order by other.created_at, other.id limit 2`
      return sql`(
        (select count(*) from (${ofCreator} and other.revoked_at is null ${two}) as few) = 1
        and (select count(*) from (${ofCreator} ${two}) as few) = 2)`
    }
  }
}
