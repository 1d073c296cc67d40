import type { AuditDraft, AuditEvent, AuditOrigin } from '../domain/audit/audit-event.ts'
import { contentOf } from '../domain/audit/content.ts'
import { type ChainHead, entryHashOf, genesisHash, keySetOf } from '../domain/audit/entry-hash.ts'
import type { StoredEvent } from '../domain/audit/stored-event.ts'
import { redactTokens } from '../domain/token/redaction.ts'
import { insertAuditEvents, insertIfNext, lockChains } from '../store/audit-events.ts'
import type { StoreTransaction } from '../store/database.ts'
import type { AuditDeps } from './deps.ts'
import { newId } from './ids.ts'

/**
 * Appends events to the hash chains of their accounts, in the transaction of the act that they
 * record. It locks the chains until the commit: after every other lock except that of the revision
 * counter. A single event takes one statement if the chain's head hash is remembered; otherwise any
 * number of events takes two.
 */
export async function appendEvents(
  deps: AuditDeps,
  trx: StoreTransaction,
  origin: AuditOrigin,
  drafts: readonly AuditDraft[],
): Promise<void> {
  const [draft, ...more] = drafts
  if (draft === undefined) return
  if (more.length === 0 && (await appendToKnown(deps, trx, origin, draft))) return
  const accountIds = [...new Set(drafts.map(({ accountId }) => accountId))].sort()
  const heads = await lockChains(trx, accountIds, deps.now())
  const events = drafts.map((each): StoredEvent => {
    const event = storedEventOf(deps, origin, each, heads.get(each.accountId) ?? unbegun)
    heads.set(each.accountId, event)
    return event
  })
  await insertAuditEvents(trx, events)
  for (const [accountId, head] of heads) remember(deps, accountId, head)
}

const unbegun: ChainHead = { number: 0, entryHash: genesisHash }

/**
 * Appends the event at the remembered head, if that still is the head of the chain: the remembered
 * one may have been rolled back, or followed by events of other instances. The database compares.
 */
async function appendToKnown(
  deps: AuditDeps,
  trx: StoreTransaction,
  origin: AuditOrigin,
  draft: AuditDraft,
): Promise<boolean> {
  const known = deps.chainHeads?.get(draft.accountId)
  if (known === undefined) return false
  const event = storedEventOf(deps, origin, draft, known)
  const isAppended = await insertIfNext(trx, event, known)
  if (isAppended) remember(deps, draft.accountId, event)
  return isAppended
}

function remember(deps: AuditDeps, accountId: string, { number, entryHash }: ChainHead): void {
  deps.chainHeads?.set(accountId, { number, entryHash })
}

function storedEventOf(
  deps: AuditDeps,
  origin: AuditOrigin,
  draft: AuditDraft,
  head: ChainHead,
): StoredEvent {
  const key = deps.auditKeys.current
  const event: AuditEvent = {
    ...draft,
    id: newId(deps),
    number: head.number + 1,
    createdAt: deps.now(),
    origin,
    reason: draft.reason ?? null,
    apiKeys: draft.apiKeyIds === undefined ? null : keySetOf(draft.apiKeyIds),
    auditKeyId: key?.id ?? null,
  }
  const content = contentOf(event)
  return toRow(
    event,
    content,
    entryHashOf(head.entryHash, content, key?.subKey),
    draft.apiKeyIds ?? [],
  )
}

function toRow(
  event: AuditEvent,
  content: string,
  entryHash: Buffer,
  apiKeyIds: readonly string[],
): StoredEvent {
  const { actor } = event.origin
  return {
    accountId: event.accountId,
    number: event.number,
    id: event.id,
    createdAt: event.createdAt,
    action: event.action,
    actorKind: actor.kind,
    actorId: actor.id && redactTokens(actor.id),
    resourceId: event.resource.id,
    content,
    entryHash,
    apiKeyIds,
  }
}
