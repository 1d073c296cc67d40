import type { StoreTransaction } from './database.ts'
import { databaseClock } from './database-clock.ts'
import { longAgo, type RequestName } from './idempotent-requests.ts'

/** The digest of a request, and the resource that it created. */
export interface ResourceRecord {
  readonly bodyDigest: string
  readonly resourceId: string
}

/**
 * Inserts the record of a request of a person in the transaction of its act, or returns that of an
 * equal request, as enterRequest does for keys.
 */
export async function enterUserRequest(
  trx: StoreTransaction,
  { author, accountId, route, idempotencyKey }: RequestName,
  { bodyDigest, resourceId }: ResourceRecord,
  keptMs: number,
): Promise<ResourceRecord | undefined> {
  const values = { body_digest: bodyDigest, resource_id: resourceId, created_at: databaseClock }
  const name = { author, account_id: accountId, route, idempotency_key: idempotencyKey }
  const entered = await trx
    .insertInto('user_request')
    .values({ ...name, ...values })
    .onConflict((conflict) =>
      conflict
        .columns(['author', 'account_id', 'route', 'idempotency_key'])
        .doUpdateSet(values)
        .where('user_request.created_at', '<', longAgo(keptMs)),
    )
    .returning('created_at')
    .executeTakeFirst()
  if (entered !== undefined) return undefined
  const row = await trx
    .selectFrom('user_request')
    .select(['body_digest', 'resource_id'])
    .where('author', '=', author)
    .where('account_id', '=', accountId)
    .where('route', '=', route)
    .where('idempotency_key', '=', idempotencyKey)
    .executeTakeFirstOrThrow()
  return { bodyDigest: row.body_digest, resourceId: row.resource_id }
}
