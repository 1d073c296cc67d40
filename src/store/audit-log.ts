import { sql } from 'kysely'
import type { ChainHead } from '../domain/audit/entry-hash.ts'
import type { StoredEvent } from '../domain/audit/stored-event.ts'
import type { Executor } from './database.ts'

/**
 * Every account that has a chain, or events without a chain. Each is found by one step in the
 * index.
 */
export async function listChains(db: Executor): Promise<string[]> {
  const { rows } = await sql<{ account_id: string }>`
    with recursive seen as (
      (select account_id from audit_event order by account_id limit 1)
      union all
      select (select account_id from audit_event where audit_event.account_id > seen.account_id
        order by account_id limit 1)
      from seen where account_id is not null
    )
    select account_id from seen where account_id is not null
    union select account_id from audit_chain order by account_id`.execute(db)
  return rows.map((row) => row.account_id)
}

/** The last event of an account's chain; undefined: the account has no chain yet. */
export async function findHead(db: Executor, accountId: string): Promise<ChainHead | undefined> {
  const { rows } = await sql<{ number: string; link: Buffer }>`
    select number, link from audit_chain where account_id = ${accountId}`.execute(db)
  const [row] = rows
  return row && { number: Number(row.number), entryHash: row.link }
}

/** The heads that moved since a moment, in order of the account's id. */
export async function listHeadsSince(
  db: Executor,
  since: Date,
): Promise<(ChainHead & { readonly accountId: string })[]> {
  const { rows } = await sql<{ account_id: string; number: string; link: Buffer }>`
    select account_id, number, link from audit_chain
    where updated_at >= ${since} order by account_id`.execute(db)
  return rows.map((row) => ({
    accountId: row.account_id,
    number: Number(row.number),
    entryHash: row.link,
  }))
}

/** The events of an account after a number, in order, at most `limit`. */
export async function loadAuditLog(
  db: Executor,
  accountId: string,
  after: number,
  limit: number,
): Promise<StoredEvent[]> {
  const { rows } = await sql<{
    number: string
    id: string
    created_at: Date
    action: string
    actor_kind: string
    actor_id: string | null
    resource_id: string | null
    content: string
    link: Buffer
    api_key_ids: string[]
  }>`
    select number, id, created_at, action, actor_kind, actor_id, resource_id, content, link,
      array(select api_key_id from audit_event_key
        where audit_event_key.account_id = audit_event.account_id
          and audit_event_key.number = audit_event.number) as api_key_ids
    from audit_event where account_id = ${accountId} and number > ${after}
    order by number limit ${limit}`.execute(db)
  return rows.map((row) => ({
    accountId,
    number: Number(row.number),
    id: row.id,
    createdAt: row.created_at,
    action: row.action,
    actorKind: row.actor_kind,
    actorId: row.actor_id,
    resourceId: row.resource_id,
    content: row.content,
    entryHash: row.link,
    apiKeyIds: row.api_key_ids,
  }))
}
