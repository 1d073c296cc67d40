import { sql } from 'kysely'
import type { Executor } from './database.ts'
import { type Product, productOf } from './product.ts'

/** The product that the server says it is. */
export async function loadProduct(db: Executor): Promise<Product> {
  const { rows } = await sql<{ version: string }>`select version() as version`.execute(db)
  return productOf(rows[0]?.version ?? '')
}
