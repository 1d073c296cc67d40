import { sql } from 'kysely'
import type { Database } from './database.ts'
import { isSupportedYugabyte, productOf } from './product.ts'

interface Facts {
  readonly version: number
  readonly product: string
  readonly encoding: string
  readonly database: string
  readonly role: string
  readonly schema: string | null
  readonly path: string
  readonly may_create: boolean | null
  readonly folds_case: boolean
}

/**
 * Returns the name of our schema, the first of the search path. Throws an Error that names the
 * remedy when the database lacks what the service needs; for the owner of the tables, that includes
 * the right to create them.
 */
export async function requireUsable(db: Database, as: 'owner' | 'user'): Promise<string> {
  const { rows } = await sql<Facts>`
    select current_setting('server_version_num')::int as version,
      version() as product,
      current_setting('server_encoding') as encoding,
      current_database() as database,
      current_user as role,
      current_schema() as schema,
      current_setting('search_path') as path,
      has_schema_privilege(current_schema(), 'CREATE') as may_create,
      to_regcollation('"und-x-icu"') is not null as folds_case`.execute(db)
  const [facts] = rows
  if (facts === undefined) throw new Error('The database did not report its settings.')
  const faults = faultsOf(facts, as)
  if (facts.schema === null || faults.length > 0) throw new Error(faults.join(' '))
  return facts.schema
}

function faultsOf(facts: Facts, as: 'owner' | 'user'): readonly string[] {
  const { database, role, schema, encoding } = facts
  const faults: string[] = []
  const product = productOf(facts.product)
  if (product.name === 'YugabyteDB' && !isSupportedYugabyte(product.version)) {
    faults.push(
      `The server is YugabyteDB ${product.version}. Use YugabyteDB 2025.2 or newer, or PostgreSQL.`,
    )
  } else if (facts.version < 150_000) {
    faults.push(`The server is PostgreSQL ${product.version}. Use PostgreSQL 15 or newer.`)
  }
  if (encoding !== 'UTF8') {
    faults.push(
      `The database ${database} has the encoding ${encoding}, and names need UTF8. Create another one: ` +
        `create database NAME encoding 'UTF8' template template0.`,
    )
  }
  if (!facts.folds_case) {
    faults.push(
      'The server has no collation "und-x-icu", by which the words of names are searched in any case. ' +
        'Use a server that is built with ICU; if only the collation is missing, as a superuser: ' +
        `create collation pg_catalog."und-x-icu" (provider = icu, locale = 'und').`,
    )
  }
  if (schema === null) {
    faults.push(
      `No schema of the search_path (${facts.path}) exists that ${role} may use. Create one, or as its ` +
        `owner: grant usage on schema NAME to ${role}.`,
    )
  } else if (as === 'owner' && facts.may_create !== true) {
    faults.push(
      `${role} may not create tables in the schema ${schema}. As the owner of the schema: grant create on ` +
        `schema ${schema} to ${role}; or set MIGRATE=off and run \`npm run admin -- migrate\` with ` +
        'DATABASE_OWNER_URL of a user that may.',
    )
  }
  return faults
}
