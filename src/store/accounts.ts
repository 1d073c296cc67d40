import { sql } from 'kysely'
import type { Account } from '../domain/account.ts'
import type { Page, PageRequest } from '../domain/page.ts'
import type { Executor, StoreTransaction } from './database.ts'
import { takePage } from './paging.ts'

const columns = ['id', 'name', 'platform', 'project_id', 'created_at'] as const

/** Inserts the account, unless its id, its project's id, or a platform account is there already: then undefined. */
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

export async function findAccount(db: Executor, id: string): Promise<Account | undefined> {
  const row = await db.selectFrom('account').select(columns).where('id', '=', id).executeTakeFirst()
  return row && toAccount(row)
}

export async function findPlatformAccount(db: Executor): Promise<Account | undefined> {
  const row = await db
    .selectFrom('account')
    .select(columns)
    .where('platform', '=', true)
    .executeTakeFirst()
  return row && toAccount(row)
}

/** Throws an Error before the first start. */
export async function requirePlatformId(db: Executor): Promise<string> {
  const platform = await findPlatformAccount(db)
  if (platform === undefined) throw new Error('The database has no platform account.')
  return platform.id
}

export async function isPlatformAccount(db: Executor, id: string): Promise<boolean> {
  return (await findAccount(db, id))?.platform === true
}

export async function listAccounts(db: Executor, page: PageRequest): Promise<Page<Account>> {
  const query = db.selectFrom('account').select(columns)
  const { items, next } = await takePage(query, 'account', page, (row, field) =>
    field === 'name' ? row.name : row.created_at.toISOString(),
  )
  return { items: items.map(toAccount), next }
}

/** The account, locked to be renamed; those who refer to it are let through. */
export async function lockAccount(trx: StoreTransaction, id: string): Promise<Account | undefined> {
  const row = await trx
    .selectFrom('account')
    .select(columns)
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst()
  return row && toAccount(row)
}

/**
 * Keeps those away until the transaction ends who have the account to themselves. To be taken before any
 * other lock by whatever acts in the account: those who do so let each other through, and one who judges
 * by many keys waits for all of them and sees what they did.
 */
export async function lockAccountShared(trx: StoreTransaction, id: string): Promise<void> {
  await trx.selectFrom('account').select('id').where('id', '=', id).forKeyShare().execute()
}

/**
 * Keeps everybody else from acting in the account until the transaction ends; without an id, in any account
 * that is there. For an act that is judged by all keys of a kind, which others may be adding to, or that
 * changes what others judge by: an edit of a role or of a list, a bulk revocation. To be called first in its transaction, which from then on sees what they committed.
 */
export async function lockAccountExclusively(trx: StoreTransaction, id?: string): Promise<void> {
  // At repeatable read what was committed while this waited would stay unseen.
  await sql`set transaction isolation level read committed`.execute(trx)
  let query = trx.selectFrom('account').select('id').orderBy('id').forUpdate()
  if (id !== undefined) query = query.where('id', '=', id)
  await query.execute()
}

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
