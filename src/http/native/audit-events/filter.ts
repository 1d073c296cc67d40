import { type Static, Type } from 'typebox'
import { auditActions } from '../../../domain/audit/audit-event.ts'
import { maxActorIdLength, maxAddressLength } from '../../../domain/limits.ts'
import { parseAddress } from '../../../domain/network/address.ts'
import { formatAddress } from '../../../domain/network/format-address.ts'
import { type CallerPrincipal, rightsOf } from '../../../domain/principal.ts'
import { invalidRequest } from '../../../errors.ts'
import type { AuditFilter } from '../../../management/audit/list-events.ts'
import { expectedAddress } from '../../expected-value.ts'
import { oneOf } from '../../schema-tools.ts'
import { parseQueryTime } from '../parse-time.ts'
import { parseWords, searchFilter } from '../parse-words.ts'
import { id, textFilter, timeFilter } from '../shapes/fields.ts'
import { addressFault } from '../verify/attempt.ts'

/** The query parameters of a list of events that select events. */
export const eventFilterParameters = {
  action: Type.Optional(oneOf(auditActions, { description: 'Only events with this action.' })),
  actor_id: textFilter(
    maxActorIdLength,
    'Only events caused by this user or key: the id of the actor.',
  ),
  resource_id: Type.Optional(
    id(
      'Only events that concern this resource. For a key, includes the bulk events that changed the key.',
    ),
  ),
  created_from: timeFilter('Only events at or after this time.'),
  created_before: timeFilter('Only events before this time.'),
  search: searchFilter(
    'events that have, in the action, the names of the actor and of the resource, and the reason',
  ),
  client_ip: textFilter(
    maxAddressLength,
    'Only events of requests from this address, and denials of keys that were presented from it.',
    expectedAddress,
  ),
}

const EventFilter = Type.Object(eventFilterParameters)

/** The filter that a query asks for. Throws `invalid_request`. */
export function parseEventFilter(
  query: Static<typeof EventFilter>,
  reader: CallerPrincipal,
): AuditFilter {
  const { action, actor_id: actorId, resource_id: resourceId } = query
  const { created_from: from, created_before: before, search, client_ip: clientIp } = query
  return {
    ...(action !== undefined && { action }),
    ...(actorId !== undefined && {
      actor: { id: actorId, platformToo: rightsOf(reader).platform },
    }),
    ...(resourceId !== undefined && { resourceId }),
    ...(from !== undefined && { createdFrom: parseQueryTime('/created_from', from) }),
    ...(before !== undefined && { createdBefore: parseQueryTime('/created_before', before) }),
    ...((search !== undefined || clientIp !== undefined) && {
      search: {
        ...(search !== undefined && { words: parseWords(search) }),
        ...(clientIp !== undefined && { clientIp: parseClientIp(clientIp) }),
        platformToo: rightsOf(reader).platform,
      },
    }),
  }
}

/** The address as events have it. Throws `invalid_request`. */
function parseClientIp(text: string): string {
  const address = parseAddress(text)
  if (address !== undefined) return formatAddress(address)
  throw invalidRequest([{ ...addressFault('/client_ip'), in: 'query' }])
}
