import { type ApiKey, type KeyStatus, keyStatuses } from '../../../domain/key/api-key.ts'
import { encodeCursor, type PagePlace, type Sort } from '../../../domain/page.ts'
import { type ApiKeyFilter, listApiKeys } from '../../../management/api-keys/list.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { badToken, decodePageToken } from '../paging.ts'

export interface ActiveFirstRequest {
  /** What a token belongs to; see `listIdentity`. */
  readonly list: string
  readonly limit: number
  readonly sort: Sort
  /** The token of the previous page. */
  readonly token: string | undefined
}

export interface ActiveFirstPage {
  readonly items: readonly ApiKey[]
  readonly next: string | null
}

/** The place where a page begins: a part, and a position in the part. */
interface PageStart {
  readonly part: number
  readonly after: PagePlace | undefined
}

/** The page lists one part after the other, each in the requested order. */
const parts: readonly (readonly KeyStatus[])[] = [
  ['active'],
  keyStatuses.filter((status) => status !== 'active'),
]

/**
 * A page of keys, active keys first: a client that revokes a key by name takes the first key of
 * that name, and revoked keys may have the same name. A key whose status changes between two pages
 * moves from one part to the other.
 */
export async function listActiveFirst(
  deps: ControlPlaneDeps,
  accountId: string,
  filter: ApiKeyFilter,
  { list, limit, sort, token }: ActiveFirstRequest,
): Promise<ActiveFirstPage> {
  const start = decodePosition(list, sort, token)
  const items: ApiKey[] = []
  for (const [part, everyStatus] of parts.entries()) {
    const statuses = everyStatus.filter((status) => filter.statuses?.includes(status) ?? true)
    if (part < start.part || statuses.length === 0) continue
    const room = limit - items.length
    const page = await listApiKeys(
      deps,
      accountId,
      { ...filter, statuses },
      // Without room, one key of the part shows that there is a next page.
      { limit: Math.max(room, 1), sort, after: part === start.part ? start.after : undefined },
    )
    if (room === 0 && page.items.length > 0) {
      return { items, next: toToken(list, sort, { part, after: undefined }) }
    }
    items.push(...page.items)
    if (page.next !== null) return { items, next: toToken(list, sort, { part, after: page.next }) }
  }
  return { items, next: null }
}

function toToken(list: string, sort: Sort, { part, after }: PageStart): string {
  return `${part}.${after === undefined ? '' : encodeCursor(list, sort, after)}`
}

/** Throws `invalid_request` for a token of another list, filter or order. */
function decodePosition(list: string, sort: Sort, token: string | undefined): PageStart {
  if (token === undefined || token === '') return { part: 0, after: undefined }
  const match = /^([01])\.(.*)$/.exec(token)
  if (match === null) throw badToken()
  const [, part, cursor = ''] = match
  return {
    part: Number(part),
    after: cursor === '' ? undefined : decodePageToken(list, sort, cursor),
  }
}
