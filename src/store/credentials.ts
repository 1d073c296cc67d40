import { CompiledQuery, sql } from 'kysely'
import { EMPTY_ADDRESS_SET } from '../domain/network/address-set.ts'
import type { KeyFacts } from '../domain/verdict.ts'
import { loadAddressSet } from './address-sets.ts'
import { lockListsOfKeyShared } from './allow-list-uses.ts'
import {
  type Credential,
  type CredentialResult,
  selectCredentials,
  toFound,
} from './credential-rows.ts'
import type { Executor, StoreTransaction } from './database.ts'
import { StandbyError } from './faults.ts'
import { markPrepared } from './tuning/prepared-statements.ts'

export interface NewCredential {
  readonly apiKeyId: string
  readonly generation: number
  readonly tag: string
  readonly tagKeyId: string
  readonly hash: string
  readonly hashProfile: number
  readonly pepperId: string | null
  readonly createdAt: Date
  /**
   * Seconds after its first use at which the key's older credentials end, at the latest. Absent:
   * they end when their overlap does.
   */
  readonly retiresOlderAfterSeconds?: number | null
}

/**
 * Inserts the credential of a new generation. Only the hash of the secret is stored, never the
 * token.
 */
export async function insertCredential(
  trx: StoreTransaction,
  credential: NewCredential,
): Promise<void> {
  await trx
    .insertInto('credential')
    .values({
      api_key_id: credential.apiKeyId,
      generation: credential.generation,
      tag: credential.tag,
      tag_key_id: credential.tagKeyId,
      hash: credential.hash,
      hash_profile: credential.hashProfile,
      pepper_id: credential.pepperId,
      created_at: credential.createdAt,
      retires_older_after_seconds: credential.retiresOlderAfterSeconds ?? null,
    })
    .execute()
}

/** Names a credential by its key and the tag of its token. */
export interface CredentialName {
  readonly apiKeyId: string
  readonly tag: string
}

/**
 * The rows of the credentials of some tokens, by one statement; in the order of `names`, undefined
 * where there is none. A row names the versions of its allow lists and not their entries, so that
 * every row costs the statement about the same. Throws when a standby answers, which may lag
 * behind.
 */
export async function findCredentials(
  db: Executor,
  names: readonly CredentialName[],
): Promise<(CredentialResult | undefined)[]> {
  const wanted = names.map(({ apiKeyId: id, tag }) => ({ id, tag }))
  // In a transaction the statement is not prepared: behind a pooler that loses prepared statements,
  // the transaction would fail.
  const text = db.isTransaction ? `${findingTextFor(db)} limit all` : findingTextFor(db)
  const statement = CompiledQuery.raw(text, [JSON.stringify(wanted)])
  const { rows } = await db.executeQuery<FoundRow>(statement)
  if (rows.some((row) => row.in_recovery)) throw new StandbyError()
  return rows.map((row) => (isFound(row) ? row : undefined))
}

type FoundRow = {
  readonly place: string
  readonly in_recovery: boolean
} & NullableColumns<CredentialResult>

let findingText: string | undefined

/**
 * The text of the statement of findCredentials. Its one parameter is JSON, of which the planner
 * always expects the same number of rows, so that one generic plan serves all. Building the text
 * took 0.4 ms of our processor, planning 0.8 ms of the server's, and executing 0.02 ms a key.
 */
function findingTextFor(db: Executor): string {
  findingText ??= markPrepared(
    sql`
      select wanted.place, pg_is_in_recovery() as in_recovery, found.*
      from rows from (json_to_recordset(${''}::json) as (id uuid, tag text))
        with ordinality as wanted (id, tag, place)
      left join lateral (
        ${selectCredentials(db)
          .where('credential.api_key_id', '=', sql.ref<string>('wanted.id'))
          .where('credential.tag', '=', sql.ref<string>('wanted.tag'))}
      ) as found on true
      order by wanted.place`.compile(db).sql,
  )
  return findingText
}

type NullableColumns<Row> = { [Column in keyof Row]: Row[Column] | null }

function isFound(row: NullableColumns<CredentialResult>): row is CredentialResult {
  return row.id !== null
}

/**
 * The facts of an authenticated key, read again inside the transaction of its act. The key's rows,
 * its role and the allow lists that restrict it are locked FOR SHARE: an act that narrows the key
 * waits until this transaction has ended, or its result is seen here.
 */
export async function lockKeyFacts(
  trx: StoreTransaction,
  apiKeyId: string,
  generation: number,
): Promise<KeyFacts | undefined> {
  const row = await shareKeyRow(trx, apiKeyId, generation)
  if (row === undefined || row.reach === 'anywhere') return row && factsOf(row)
  // A statement that waited for a row's lock reads only that row again: it sees the lists as they
  // were before, and misses a key whose role changed meanwhile. A second statement reads both.
  await lockListsOfKeyShared(trx, apiKeyId)
  const locked = await shareKeyRow(trx, apiKeyId, generation)
  return (
    locked && { ...factsOf(locked), addresses: await loadAddressSet(trx, locked.list_versions) }
  )
}

function shareKeyRow(
  trx: StoreTransaction,
  apiKeyId: string,
  generation: number,
): Promise<CredentialResult | undefined> {
  return selectCredentials(trx)
    .where('credential.api_key_id', '=', apiKeyId)
    .where('credential.generation', '=', generation)
    .forShare(['api_key', 'credential', 'role'])
    .executeTakeFirst()
}

/**
 * The facts of a key of the account with its newest credential, without the addresses of its lists;
 * undefined when there is no such key.
 */
export async function findKeyFacts(
  db: Executor,
  accountId: string,
  apiKeyId: string,
): Promise<Omit<KeyFacts, 'addresses'> | undefined> {
  const row = await selectCredentials(db)
    .where('api_key.account_id', '=', accountId)
    .where('api_key.id', '=', apiKeyId)
    .orderBy('credential.generation', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row && factsOf(row)
}

/** The facts of a key with one of its credentials, without the addresses of its lists. */
export async function findCredentialFacts(
  db: Executor,
  apiKeyId: string,
  generation: number,
): Promise<Omit<KeyFacts, 'addresses'> | undefined> {
  const row = await selectCredentials(db)
    .where('credential.api_key_id', '=', apiKeyId)
    .where('credential.generation', '=', generation)
    .executeTakeFirst()
  return row && factsOf(row)
}

/** Without the addresses of its lists, which a key that may be used from anywhere has none of. */
function factsOf(row: CredentialResult): KeyFacts {
  return toFound(row, EMPTY_ADDRESS_SET).facts
}

/** Replaces a hash by one of a higher profile, unless another instance already has. */
export async function replaceHash(
  db: Executor,
  old: Credential,
  next: { readonly hash: string; readonly hashProfile: number; readonly pepperId: string | null },
): Promise<boolean> {
  const result = await db
    .updateTable('credential')
    .set({ hash: next.hash, hash_profile: next.hashProfile, pepper_id: next.pepperId })
    .where('api_key_id', '=', old.apiKeyId)
    .where('generation', '=', old.generation)
    .where('hash', '=', old.hash)
    .where('hash_profile', '<', next.hashProfile)
    .executeTakeFirst()
  return result.numUpdatedRows > 0n
}
