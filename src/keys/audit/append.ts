import type { Deps } from '../../deps.ts'
import { genesisLink, keySetOf, linkOf } from '../../domain/audit-chain.ts'
import { contentOf } from '../../domain/audit-content.ts'
import type { AuditDraft, AuditEvent, AuditOrigin } from '../../domain/audit-event.ts'
import { redactTokens } from '../../domain/redaction.ts'
import { insertAuditEvents, lockChains, type NewAuditEvent } from '../../store/audit-events.ts'
import type { StoreTransaction } from '../../store/database.ts'
import { newId } from '../ids.ts'

/** What writing to the trail needs of the world. */
export type AuditDeps = Pick<Deps, 'now' | 'randomBytes' | 'auditKeys'>

/**
 * Adds events to the chains of their accounts, inside the transaction of what they tell of. It locks the
 * chains until the commit: after every other lock, and before the counter of revisions. Two statements,
 * however many events.
 */
export async function appendEvents(
  deps: AuditDeps,
  trx: StoreTransaction,
  origin: AuditOrigin,
  drafts: readonly AuditDraft[],
): Promise<void> {
  if (drafts.length === 0) return
  const accountIds = [...new Set(drafts.map((draft) => draft.accountId))].sort()
  const now = deps.now()
  const heads = await lockChains(trx, accountIds, now)
  const key = deps.auditKeys.current
  const events = drafts.map((draft): NewAuditEvent => {
    const head = heads.get(draft.accountId) ?? { number: 0, link: genesisLink }
    const event: AuditEvent = {
      ...draft,
      id: newId(deps),
      number: head.number + 1,
      createdAt: now,
      origin,
      reason: draft.reason ?? null,
      apiKeys: draft.apiKeyIds === undefined ? null : keySetOf(draft.apiKeyIds),
      auditKeyId: key?.id ?? null,
    }
    const content = contentOf(event)
    const link = linkOf(head.link, content, key?.subKey)
    heads.set(draft.accountId, { number: event.number, link })
    return toRow(event, content, link, draft.apiKeyIds ?? [])
  })
  await insertAuditEvents(trx, events)
}

function toRow(
  event: AuditEvent,
  content: string,
  link: Buffer,
  apiKeyIds: readonly string[],
): NewAuditEvent {
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
