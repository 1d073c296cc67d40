import { CompiledQuery } from 'kysely'
import type { Database } from './database.ts'
import { UnfitDatabaseError } from './faults.ts'
import objects from './relied-on.json' with { type: 'json' }

/** What the service relies on in its schema, and the statement that makes it. */
export interface ReliedOn {
  readonly relation: string
  readonly kind: 'constraint' | 'unique_index' | 'not_null' | 'trigger'
  readonly name: string
  readonly statement: string
}

/**
 * The constraints, unique indexes and triggers of the schema, which rules that two transactions
 * could break together rest on. `npm run schema` writes them; an index that only makes a statement
 * fast is not among them.
 */
export const reliedOn = objects as readonly ReliedOn[]

/** What of it a database lacks: the object is `missing`, or `invalid` and does not hold. */
export interface Unmet extends ReliedOn {
  readonly state: 'missing' | 'invalid'
}

/** A row for each unmet one: its place in the list, and its state. The parameter is the list. */
export const unmetQuery = `
  with needed as (
    select place, relation, kind, name, to_regclass(relation) as relid
    from json_to_recordset($1::json) as listed(place int, relation text, kind text, name text)
  ), met as (
    select place, case kind
      when 'constraint' then
        (select convalidated from pg_constraint where conrelid = relid and conname = name)
      when 'unique_index' then
        (select indisvalid and indisready and indisunique from pg_index
          join pg_class on pg_class.oid = indexrelid where indrelid = relid and relname = name)
      when 'not_null' then
        (select true from pg_attribute where attrelid = relid and attname = name and attnotnull)
      else (select true from pg_trigger where tgrelid = relid and tgname = name) end as holds
    from needed
  )
  select place, case when holds is null then 'missing' else 'invalid' end as state
  from met where holds is not true order by place`

/** The parameters of the query. */
export const unmetParameters: readonly [string] = [
  JSON.stringify(
    reliedOn.map(({ relation, kind, name }, place) => ({ place, relation, kind, name })),
  ),
]

/** A row of the query. */
export interface UnmetRow {
  readonly place: number
  readonly state: Unmet['state']
}

/** What the rows of the query name. */
export function unmetOf(rows: readonly UnmetRow[]): readonly Unmet[] {
  return rows.flatMap(({ place, state }) => {
    const named = reliedOn[place]
    return named === undefined ? [] : [{ ...named, state }]
  })
}

const mostNamed = 5

/** What is unmet, and the statements that mend it, as a message to an operator. */
export function explainUnmet(unmet: readonly Unmet[]): string {
  const named = unmet.slice(0, mostNamed)
  const more = unmet.length > named.length ? ` and ${unmet.length - named.length} more` : ''
  return (
    'Constraints, unique indexes or triggers of the schema do not hold, as an aborted restore leaves ' +
    `them: ${named.map(({ relation, name }) => `${name} of ${relation}`).join(', ')}${more}. ` +
    `Restore the database again, or run as the owner of the tables: ${named.map(mend).join('; ')};`
  )
}

/** The statement that mends it. */
export function mend({ relation, kind, name, state, statement }: Unmet): string {
  if (state === 'missing') return statement
  return kind === 'unique_index'
    ? `drop index ${name}; ${statement}`
    : `alter table ${relation} validate constraint ${name}`
}

/**
 * Throws an Error that names the remedy when a migrated database lacks a constraint, a unique index
 * or a trigger that the service relies on.
 */
export async function requireSchema(db: Database): Promise<void> {
  const query = CompiledQuery.raw(unmetQuery, [...unmetParameters]) as CompiledQuery<UnmetRow>
  const unmet = unmetOf((await db.executeQuery(query)).rows)
  if (unmet.length > 0) throw new UnfitDatabaseError(explainUnmet(unmet))
}
