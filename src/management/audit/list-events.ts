import { setImmediate as nextTurn } from 'node:timers/promises'
import type { AuditEvent } from '../../domain/audit/audit-event.ts'
import { eventOf } from '../../domain/audit/content.ts'
import type { Page, PageRequest } from '../../domain/page.ts'
import { type AuditFilter, listAuditEvents as listStored } from '../../store/audit-listing.ts'
import type { ManagementDeps } from '../deps.ts'

export type { AuditFilter } from '../../store/audit-listing.ts'

/** Events parsed in one turn of the event loop: each has up to 25 kB. */
const eventsOfTurn = 20

/** A page of the account's events. */
export async function listAuditEvents(
  deps: Pick<ManagementDeps, 'longReads'>,
  accountId: string,
  filter: AuditFilter,
  page: PageRequest,
): Promise<Page<AuditEvent>> {
  const { items, next } = await deps.longReads.run((db) => listStored(db, accountId, filter, page))
  const events: AuditEvent[] = []
  for (const [index, content] of items.entries()) {
    if (index % eventsOfTurn === eventsOfTurn - 1) await nextTurn()
    events.push(eventOf(content))
  }
  return { items: events, next }
}
