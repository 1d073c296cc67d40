import { type RawBuilder, sql } from 'kysely'
import { caselessSkeletonOf, skeletonOf } from '../domain/name-skeleton.ts'
import type { Database } from './database.ts'
import { violates } from './faults.ts'
import { untilItWins } from './retry.ts'

/** What has a name that is unique by its look. */
export type NamedTable = 'api_key' | 'role' | 'allow_list'

/** The indexes that make names unique by their look. */
export const nameSkeletonIndexes = {
  api_key: 'api_key_name_skeleton',
  role: 'role_name_skeleton',
  allow_list: 'allow_list_name_skeleton',
} as const satisfies Readonly<Record<NamedTable, string>>

/** As it is compared in the table: the case of a role's name does not count. */
export function storedSkeletonOf(table: NamedTable, name: string): string {
  return table === 'role' ? caselessSkeletonOf(name) : skeletonOf(name)
}

/** The columns of a new name. */
export function nameColumns(table: NamedTable, name: string) {
  return { name, name_skeleton: storedSkeletonOf(table, name), skeleton_of: name }
}

/**
 * The columns of a name that may be the one that is there. Then the skeleton stays as it is: of two names
 * of an older version that look the same one has none, and its owner may go on changing the rest.
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

/** Live names without a skeleton, or with that of another name, in the order of their ids after one. */
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
 * Gives names their skeletons, but those whose look another name has already, or one before them in the
 * list. Returns how many have one now. What somebody else is changing is left for the next time.
 */
export async function fillSkeletons(
  db: Database,
  table: NamedTable,
  names: readonly Unfolded[],
): Promise<number> {
  try {
    return await untilItWins(() => fill(db, table, names))
  } catch (error) {
    // Somebody took one of these looks meanwhile. One by one, that costs only the one.
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
