import { sql } from 'kysely'
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

/** The id of the platform account. Throws an Error before the first start has made it. */
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

/**
 * The account, locked FOR NO KEY UPDATE to be renamed; statements that only refer to it do not
 * wait.
 */
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
 * Takes the shared lock of an account until the transaction ends. Every act in an account takes it
 * before any other lock. Acts with the shared lock run side by side; an act with the exclusive lock
 * waits for all of them and sees what they committed.
 */
export async function lockAccountShared(trx: StoreTransaction, id: string): Promise<void> {
  await trx.selectFrom('account').select('id').where('id', '=', id).forKeyShare().execute()
}

/**
 * Takes the exclusive lock of an account until the transaction ends; without an id, that of every
 * account that exists. For an act that is judged by all keys of a kind, which concurrent acts may
 * be adding to, or that changes what concurrent acts are judged by: an edit of a role or of an
 * allow list, a bulk revocation. It must be the first statement of its transaction, which then sees
 * everything that was committed while it waited.
 */
export async function lockAccountExclusively(trx: StoreTransaction, id?: string): Promise<void> {
  // At repeatable read, the transaction would not see what was committed while it waited.
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
