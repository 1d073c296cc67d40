import type { Executor, StoreTransaction } from './database.ts'

/** A logout token by what makes it one of its kind. */
export interface LogoutTokenId {
  readonly issuer: string
  readonly jti: string
  readonly expiresAt: Date
}

/** Records that a logout token was received. False: it was received before. */
export async function recordLogoutToken(
  trx: StoreTransaction,
  { issuer, jti, expiresAt }: LogoutTokenId,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await trx
    .insertInto('logout_token')
    .values({ issuer, jti, expires_at: expiresAt })
    .onConflict((conflict) => conflict.columns(['issuer', 'jti']).doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows === 1n
}

/** Deletes the logout tokens that expired before a moment: they are refused without a record. */
export async function pruneLogoutTokens(db: Executor, before: Date): Promise<void> {
  await db.deleteFrom('logout_token').where('expires_at', '<', before).execute()
}
