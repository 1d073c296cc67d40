import { type RawBuilder, sql } from 'kysely'
import { caselessSkeletonOf, skeletonOf } from '../domain/name-skeleton.ts'
import type { Database } from './database.ts'
import { violates } from './faults.ts'
import { retryWhileLosing } from './retry.ts'

/** The tables whose names are unique by their skeleton. */
export type NamedTable = 'api_key' | 'role' | 'allow_list'

/** The unique indexes on skeletons. */
export const nameSkeletonIndexes = {
  api_key: 'api_key_name_skeleton',
  role: 'role_name_skeleton',
  allow_list: 'allow_list_name_skeleton',
} as const satisfies Readonly<Record<NamedTable, string>>

/** The skeleton that the table stores: names of roles are case-insensitive. */
export function storedSkeletonOf(table: NamedTable, name: string): string {
  return table === 'role' ? caselessSkeletonOf(name) : skeletonOf(name)
}

/** The columns of a new name. */
export function nameColumns(table: NamedTable, name: string) {
  return { name, name_skeleton: storedSkeletonOf(table, name), skeleton_of: name }
}

/**
 * The columns of a name that may be unchanged. An unchanged name keeps its stored skeleton: of two
 * names of an older version that look the same one has none, and its owner may go on changing other
 * columns.
 */
export function renamedColumns(table: NamedTable, name: string) {
  const unlessSame = (column: string, value: string) =>
    sql<string | null>`case when ${sql.ref(`${table}.name`)} = ${name}
      then ${sql.ref(`${table}.${column}`)} else ${value} end`
  return {
    name,
    name_skeleton: unlessSame('name_skeleton', storedSkeletonOf(table, name)),
    skeleton_of: unlessSame('skeleton_of', name),
  }
}

interface Unfolded {
  readonly id: string
  readonly account_id: string
  readonly name: string
}

/** Live names without a skeleton, or with the skeleton of another name, in order of id. */
export async function findWithoutSkeleton(
  db: Database,
  table: NamedTable,
  after: string,
  limit: number,
): Promise<readonly Unfolded[]> {
  const { rows } = await sql<Unfolded>`
    select id, account_id, name from ${sql.table(table)}
    where live and skeleton_of is distinct from name and id > ${after}::uuid
    order by id limit ${limit}`.execute(db)
  return rows
}

/**
 * Stores the skeletons of names, except those that another name, or one before them in the list,
 * has already. Returns how many were stored. Rows that another transaction is changing are left for
 * the next time.
 */
export async function fillSkeletons(
  db: Database,
  table: NamedTable,
  names: readonly Unfolded[],
): Promise<number> {
  try {
    return await retryWhileLosing(() => fill(db, table, names))
  } catch (error) {
    // Another transaction took one of these skeletons meanwhile. One by one, only that one fails.
    if (!violates(error, nameSkeletonIndexes[table])) throw error
    if (names.length === 1) return 0
    let filled = 0
    for (const name of names) filled += await fillSkeletons(db, table, [name])
    return filled
  }
}

async function fill(db: Database, table: NamedTable, names: readonly Unfolded[]): Promise<number> {
  const named: RawBuilder<unknown> = sql.table(table)
  const skeletons = names.map(({ name }) => storedSkeletonOf(table, name))
  const { numAffectedRows } = await sql`
    with given as (
      select distinct on (account_id, skeleton) id, account_id, name, skeleton
      from unnest(${names.map(({ id }) => id)}::uuid[],
        ${names.map((one) => one.account_id)}::uuid[],
        ${names.map(({ name }) => name)}::text[],
        ${skeletons}::text[]) as given (id, account_id, name, skeleton)
      order by account_id, skeleton, id
    ), locked as materialized (
      select id from ${named} where id in (select id from given)
      order by id for no key update skip locked
    )
    update ${named} as named set name_skeleton = given.skeleton, skeleton_of = given.name
    from given join locked using (id)
    where named.id = given.id and named.name = given.name and named.live
      and not exists (
        select from ${named} as other
        where other.account_id = given.account_id and other.name_skeleton = given.skeleton
          and other.live and other.skeleton_of = other.name)`.execute(db)
  return Number(numAffectedRows ?? 0)
}
