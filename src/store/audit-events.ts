import { sql } from 'kysely'
import { type ChainHead, genesisHash } from '../domain/audit/entry-hash.ts'
import type { StoredEvent } from '../domain/audit/stored-event.ts'
import type { StoreTransaction } from './database.ts'

/**
 * The heads of the accounts' chains, locked in order of the account's id until the transaction
 * ends. A chain that does not exist yet begins with the genesis hash.
 */
export async function lockChains(
  trx: StoreTransaction,
  accountIds: readonly string[],
  now: Date,
): Promise<Map<string, ChainHead>> {
  const heads = await lockHeads(trx, accountIds)
  const missing = accountIds.filter((id) => !heads.has(id))
  if (missing.length === 0) return heads
  await sql`
    insert into audit_chain (account_id, number, link, updated_at)
    select account_id, 0, ${genesisHash}, ${now} from unnest(${missing}::uuid[]) as account_id
    order by account_id
    on conflict do nothing`.execute(trx)
  return lockHeads(trx, accountIds)
}

/**
 * Inserts an event if the head of its account's chain is still `previous`. Then the head moves, and
 * stays locked until the transaction ends. Otherwise inserts nothing and returns false. One
 * statement.
 */
export async function insertIfNext(
  trx: StoreTransaction,
  event: StoredEvent,
  previous: ChainHead,
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    with moved as (
      update audit_chain
      set number = ${event.number}, link = ${event.entryHash}, updated_at = ${event.createdAt}
      where account_id = ${event.accountId} and number = ${previous.number}
        and link = ${previous.entryHash}
      returning account_id, number, link, updated_at
    )
    insert into audit_event (account_id, number, id, created_at, action, actor_kind, actor_id,
      resource_id, content, link)
    select account_id, number, ${event.id}::uuid, updated_at, ${event.action}::text,
      ${event.actorKind}::text, ${event.actorId}::text, ${event.resourceId}::uuid,
      ${event.content}::text, link
    from moved`.execute(trx)
  if (numAffectedRows !== 1n) return false
  await listKeys(trx, event)
  return true
}

const listedAtOnce = 2_000

/**
 * Inserts events and moves the heads of their chains, which the transaction has locked: one
 * statement, and more for the keys of bulk acts.
 */
export async function insertAuditEvents(
  trx: StoreTransaction,
  events: readonly StoredEvent[],
): Promise<void> {
  const [event, ...more] = events
  if (event !== undefined && more.length === 0) await insertOne(trx, event)
  else await insertMany(trx, events)
  for (const written of events) await listKeys(trx, written)
}

/**
 * The common case, in a statement that takes 0.3 ms; the statement for many events takes 0.5 ms.
 */
async function insertOne(trx: StoreTransaction, event: StoredEvent): Promise<void> {
  await sql`
    with written as (
      insert into audit_event (account_id, number, id, created_at, action, actor_kind, actor_id,
        resource_id, content, link)
      values (${event.accountId}, ${event.number}, ${event.id}, ${event.createdAt}, ${event.action},
        ${event.actorKind}, ${event.actorId}, ${event.resourceId}, ${event.content}, ${event.entryHash})
    )
    update audit_chain
    set number = ${event.number}, link = ${event.entryHash}, updated_at = ${event.createdAt}
    where account_id = ${event.accountId}`.execute(trx)
}

async function insertMany(trx: StoreTransaction, events: readonly StoredEvent[]): Promise<void> {
  const heads = Array.from(new Map(events.map((event) => [event.accountId, event])).values())
  await sql`
    with written as (
      insert into audit_event (account_id, number, id, created_at, action, actor_kind, actor_id,
        resource_id, content, link)
      select * from unnest(
        ${events.map((event) => event.accountId)}::uuid[],
        ${events.map((event) => event.number)}::bigint[],
        ${events.map((event) => event.id)}::uuid[],
        ${events.map((event) => event.createdAt)}::timestamptz[],
        ${events.map((event) => event.action)}::text[],
        ${events.map((event) => event.actorKind)}::text[],
        ${events.map((event) => event.actorId)}::text[],
        ${events.map((event) => event.resourceId)}::uuid[],
        ${events.map((event) => event.content)}::text[],
        ${events.map((event) => event.entryHash)}::bytea[])
    )
    update audit_chain set number = head.number, link = head.link, updated_at = head.updated_at
    from unnest(
      ${heads.map((head) => head.accountId)}::uuid[],
      ${heads.map((head) => head.number)}::bigint[],
      ${heads.map((head) => head.entryHash)}::bytea[],
      ${heads.map((head) => head.createdAt)}::timestamptz[]
    ) as head (account_id, number, link, updated_at)
    where audit_chain.account_id = head.account_id`.execute(trx)
}

/** In portions: 100,000 ids as one text would block the event loop for long. */
async function listKeys(trx: StoreTransaction, event: StoredEvent): Promise<void> {
  const { accountId, number, apiKeyIds } = event
  for (let start = 0; start < apiKeyIds.length; start += listedAtOnce) {
    await sql`
      insert into audit_event_key (account_id, number, api_key_id)
      select ${accountId}, ${number}, unnest(${apiKeyIds.slice(start, start + listedAtOnce)}::uuid[])
    `.execute(trx)
  }
}

async function lockHeads(
  trx: StoreTransaction,
  accountIds: readonly string[],
): Promise<Map<string, ChainHead>> {
  const [accountId, ...more] = accountIds
  const which =
    more.length === 0
      ? sql`account_id = ${accountId}`
      : sql`account_id = any(${accountIds}::uuid[]) order by account_id`
  const { rows } = await sql<{ account_id: string; number: string; link: Buffer }>`
    select account_id, number, link from audit_chain where ${which} for update`.execute(trx)
  return new Map(
    rows.map((row) => [row.account_id, { number: Number(row.number), entryHash: row.link }]),
  )
}
