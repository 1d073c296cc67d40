import type { Executor, StoreTransaction } from './database.ts'

/** A sign-in link: it starts one session with a credential of a key, once. */
export interface SignInLink {
  readonly id: string
  readonly apiKeyId: string
  readonly generation: number
  readonly expiresAt: Date
  /** Null: it was not used yet. */
  readonly usedAt: Date | null
}

export interface NewSignInLink extends Omit<SignInLink, 'usedAt'> {
  /** SHA-256 of the whole secret. */
  readonly hash: Buffer
  readonly createdAt: Date
}

/** Inserts a link that works once until it expires. Only the hash of its secret is stored. */
export async function insertSignInLink(trx: StoreTransaction, link: NewSignInLink): Promise<void> {
  await trx
    .insertInto('sign_in_link')
    .values({
      id: link.id,
      api_key_id: link.apiKeyId,
      generation: link.generation,
      hash: link.hash,
      created_at: link.createdAt,
      expires_at: link.expiresAt,
    })
    .execute()
}

/** The link of an id, if its stored hash is that of the presented secret. */
export async function findSignInLink(
  db: Executor,
  id: string,
  hash: Buffer,
): Promise<SignInLink | undefined> {
  const row = await selectLink(db, id, hash).executeTakeFirst()
  return row && toLink(row)
}

/** The same, locked until the transaction ends: of two uses at once, one finds the other's. */
export async function lockSignInLink(
  trx: StoreTransaction,
  id: string,
  hash: Buffer,
): Promise<SignInLink | undefined> {
  const row = await selectLink(trx, id, hash).forUpdate().executeTakeFirst()
  return row && toLink(row)
}

/**
 * Marks a link as used, for good. The caller holds its lock (`lockSignInLink`) and has found it
 * unused under that lock: of two uses at once, one starts a session.
 */
export async function useSignInLink(trx: StoreTransaction, id: string, at: Date): Promise<void> {
  await trx.updateTable('sign_in_link').set({ used_at: at }).where('id', '=', id).execute()
}

function selectLink(db: Executor, id: string, hash: Buffer) {
  return db
    .selectFrom('sign_in_link')
    .select(['id', 'api_key_id', 'generation', 'expires_at', 'used_at'])
    .where('id', '=', id)
    .where('hash', '=', hash)
}

function toLink(row: {
  readonly id: string
  readonly api_key_id: string
  readonly generation: number
  readonly expires_at: Date
  readonly used_at: Date | null
}): SignInLink {
  return {
    id: row.id,
    apiKeyId: row.api_key_id,
    generation: row.generation,
    expiresAt: row.expires_at,
    usedAt: row.used_at,
  }
}
