import type { Account } from '../domain/account.ts'
import type { Page, PageRequest } from '../domain/page.ts'
import type { Executor, StoreTransaction } from './database.ts'
import { takePage } from './paging.ts'

const columns = ['id', 'name', 'platform', 'project_id', 'created_at'] as const

/**
 * Inserts the account. Undefined when its id, its project's id or a platform account exists
 * already.
 */
export async function insertAccount(
  trx: StoreTransaction,
  account: Account,
): Promise<Account | undefined> {
  const row = await trx
    .insertInto('account')
    .values({
      id: account.id,
      name: account.name,
      platform: account.platform,
      project_id: account.projectId,
      created_at: account.createdAt,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning(columns)
    .executeTakeFirst()
  return row && toAccount(row)
}

/** Undefined also where a standby lacks an account that was just created. */
export async function findAccount(db: Executor, id: string): Promise<Account | undefined> {
  const row = await db.selectFrom('account').select(columns).where('id', '=', id).executeTakeFirst()
  return row && toAccount(row)
}

/** Those of the accounts that are there. */
export async function findAccounts(db: Executor, ids: readonly string[]): Promise<Account[]> {
  if (ids.length === 0) return []
  const rows = await db.selectFrom('account').select(columns).where('id', 'in', ids).execute()
  return rows.map(toAccount)
}

/** The account of the platform; undefined before the first start has made it. */
export async function findPlatformAccount(db: Executor): Promise<Account | undefined> {
  const row = await db
    .selectFrom('account')
    .select(columns)
    .where('platform', '=', true)
    .executeTakeFirst()
  return row && toAccount(row)
}

/** The id of the platform account. Throws an Error before the first start has made it. */
export async function requirePlatformId(db: Executor): Promise<string> {
  const platform = await findPlatformAccount(db)
  if (platform === undefined) throw new Error('The database has no platform account.')
  return platform.id
}

/** False also if there is no such account. */
export async function isPlatformAccount(db: Executor, id: string): Promise<boolean> {
  return (await findAccount(db, id))?.platform === true
}

/** A page of all accounts, the platform included, by name or time of creation. */
export async function listAccounts(db: Executor, page: PageRequest): Promise<Page<Account>> {
  const query = db.selectFrom('account').select(columns)
  const { items, next } = await takePage(query, 'account', page, (row, field) =>
    field === 'name' ? row.name : row.created_at.toISOString(),
  )
  return { items: items.map(toAccount), next }
}

/** Gives the account another name. The act that does so holds the lock for a rename. */
export async function renameAccount(
  trx: StoreTransaction,
  id: string,
  name: string,
): Promise<Account> {
  const row = await trx
    .updateTable('account')
    .set({ name })
    .where('id', '=', id)
    .returning(columns)
    .executeTakeFirstOrThrow()
  return toAccount(row)
}

function toAccount(row: {
  id: string
  name: string
  platform: boolean
  project_id: string
  created_at: Date
}): Account {
  return {
    id: row.id,
    name: row.name,
    platform: row.platform,
    projectId: row.project_id,
    createdAt: row.created_at,
  }
}
