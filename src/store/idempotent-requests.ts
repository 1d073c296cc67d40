import { type RawBuilder, sql } from 'kysely'
import type { Executor, StoreTransaction } from './database.ts'
import { databaseClock } from './database-clock.ts'

/** Identifies a request that a caller may repeat. */
export interface RequestName {
  /** The id of the caller, and of the user on whose behalf its key acts. */
  readonly author: string
  readonly accountId: string
  readonly route: string
  readonly idempotencyKey: string
}

/** The digest of the request, and the credential that it made. */
export interface RequestRecord {
  readonly bodyDigest: string
  readonly apiKeyId: string
  readonly generation: number
}

/**
 * Inserts the record of a request in the transaction of its act, or returns the record of an equal
 * request. A concurrent equal request waits for the end of the first one's transaction. A record
 * older than `keptMs` by the database's clock is replaced.
 */
export async function enterRequest(
  trx: StoreTransaction,
  name: RequestName,
  record: RequestRecord,
  keptMs: number,
): Promise<RequestRecord | undefined> {
  const values = {
    body_digest: record.bodyDigest,
    api_key_id: record.apiKeyId,
    generation: record.generation,
    created_at: databaseClock,
  }
  const entered = await trx
    .insertInto('idempotent_request')
    .values({
      author: name.author,
      account_id: name.accountId,
      route: name.route,
      idempotency_key: name.idempotencyKey,
      ...values,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['author', 'account_id', 'route', 'idempotency_key'])
        .doUpdateSet(values)
        .where('idempotent_request.created_at', '<', longAgo(keptMs)),
    )
    .returning('created_at')
    .executeTakeFirst()
  if (entered !== undefined) return undefined
  const row = await trx
    .selectFrom('idempotent_request')
    .select(['body_digest', 'api_key_id', 'generation'])
    .where('author', '=', name.author)
    .where('account_id', '=', name.accountId)
    .where('route', '=', name.route)
    .where('idempotency_key', '=', name.idempotencyKey)
    .executeTakeFirstOrThrow()
  return { bodyDigest: row.body_digest, apiKeyId: row.api_key_id, generation: row.generation }
}

/**
 * Deletes at most `limit` expired records of keys or of people, skipping locked ones. Returns how
 * many.
 */
export async function deleteRequests(
  db: Executor,
  table: 'idempotent_request' | 'user_request',
  keptMs: number,
  limit: number,
): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from ${sql.table(table)} as request using (
      select author, account_id, route, idempotency_key from ${sql.table(table)}
      where created_at < ${longAgo(keptMs)} order by created_at limit ${limit} for update skip locked
    ) as old
    where request.author = old.author
      and request.account_id = old.account_id
      and request.route = old.route
      and request.idempotency_key = old.idempotency_key`.execute(db)
  return Number(numAffectedRows ?? 0)
}

/** The moment so many milliseconds ago, by the clock of the database. */
export function longAgo(ms: number): RawBuilder<Date> {
  return sql<Date>`${databaseClock} - ${ms} * interval '1 millisecond'`
}
