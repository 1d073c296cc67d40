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
 * Adds events to the chains of their accounts, inside the transaction of what they tell of. It locks the
 * chains until the commit: after every other lock, and before the counter of revisions. A single event is
 * one statement where memory knows how its chain ends; otherwise it is two, however many events.
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
    const event = link(deps, origin, each, heads.get(each.accountId) ?? unbegun)
    heads.set(each.accountId, event)
    return event
  })
  await insertAuditEvents(trx, events)
  for (const [accountId, head] of heads) remember(deps, accountId, head)
}

const unbegun: ChainHead = { number: 0, link: genesisHash }

/**
 * Whether the event could be added where memory takes the chain to end. That may be an event that was
 * rolled back, or one that another instance has followed by more: the database compares.
 */
async function appendToKnown(
  deps: AuditDeps,
  trx: StoreTransaction,
  origin: AuditOrigin,
  draft: AuditDraft,
): Promise<boolean> {
  const known = deps.chainHeads?.get(draft.accountId)
  if (known === undefined) return false
  const event = link(deps, origin, draft, known)
  const isAppended = await insertIfNext(trx, event, known)
  if (isAppended) remember(deps, draft.accountId, event)
  return isAppended
}

function remember(deps: AuditDeps, accountId: string, { number, link }: ChainHead): void {
  deps.chainHeads?.set(accountId, { number, link })
}

function link(
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
  return toRow(event, content, entryHashOf(head.link, content, key?.subKey), draft.apiKeyIds ?? [])
}

function toRow(
  event: AuditEvent,
  content: string,
  link: Buffer,
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
    link,
    apiKeyIds,
  }
}
