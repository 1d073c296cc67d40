import type { AuditKeys } from './audit-key.ts'
import { type ChainHead, entryHashOf, genesisHash, keySetOf } from './entry-hash.ts'
import type { StoredEvent } from './stored-event.ts'

/** The ways in which a chain can be broken, each found at one of its events. */
export const chainFaults = [
  /** The number is absent, though a later event, the chain's head or a checkpoint implies it. */
  'missing',
  /** The stored text is not that of an event. */
  'unreadable',
  /** The stored text belongs to another account or to another number. */
  'misplaced',
  /** A column contradicts the stored text. */
  'column_differs',
  /** The event's audit key is not configured. */
  'unknown_key',
  /** The event has no audit key, though the event before it had one. */
  'key_dropped',
  /** The entry hash does not follow from the previous entry hash and the stored text. */
  'link_differs',
  /** The keys of a bulk act do not match the digest in the stored text. */
  'keys_differ',
  /** The entry hash differs from the one in the chain's head or in a checkpoint. */
  'rewritten',
] as const
export type ChainFault = (typeof chainFaults)[number]

/** The first break of a chain. */
export interface ChainBreak {
  readonly accountId: string
  /** The number of the event at which the break was found. */
  readonly number: number
  readonly fault: ChainFault
}

/** How far a chain has been verified. */
export interface ChainState extends ChainHead {
  readonly isKeyed: boolean
}

export const emptyChain: ChainState = { number: 0, entryHash: genesisHash, isKeyed: false }

/** Verifies the next event of a chain: returns the new state, or the fault of the event. */
export function verifyNext(
  state: ChainState,
  event: StoredEvent,
  keys: AuditKeys,
): ChainState | ChainFault {
  if (event.number !== state.number + 1) return 'missing'
  const content = parseContent(event.content)
  if (content === undefined) return 'unreadable'
  if (content.account_id !== event.accountId || content.number !== event.number) return 'misplaced'
  if (!columnsAgree(event, content)) return 'column_differs'
  const keyId = content.audit_key_id
  const key = keyId === null ? undefined : keys.byId.get(keyId)
  if (keyId !== null && key === undefined) return 'unknown_key'
  if (keyId === null && state.isKeyed) return 'key_dropped'
  if (!entryHashOf(state.entryHash, event.content, key?.subKey).equals(event.entryHash))
    return 'link_differs'
  if (!keysAgree(event, content)) return 'keys_differ'
  return { number: event.number, entryHash: event.entryHash, isKeyed: keyId !== null }
}

interface Content {
  readonly account_id: string
  readonly number: number
  readonly id: string
  readonly created_at: string
  readonly action: string
  readonly actor: { readonly kind: string; readonly id: string | null }
  readonly resource: { readonly id: string | null }
  readonly api_keys: { readonly count: number; readonly digest: string } | null
  readonly audit_key_id: string | null
}

/**
 * The members of the stored text that columns repeat. The text is untrusted: it may have been
 * altered.
 */
function parseContent(text: string): Content | undefined {
  try {
    const content: Partial<Content> | null = JSON.parse(text)
    if (typeof content?.actor !== 'object' || typeof content.resource !== 'object') return undefined
    if (content.actor === null || content.resource === null) return undefined
    const { api_keys: set = null, audit_key_id: keyId = null } = content
    return { ...(content as Content), api_keys: set, audit_key_id: keyId }
  } catch {
    return undefined
  }
}

function columnsAgree(event: StoredEvent, content: Content): boolean {
  return (
    event.id === content.id &&
    event.createdAt.toISOString() === content.created_at &&
    event.action === content.action &&
    event.actorKind === content.actor.kind &&
    event.actorId === content.actor.id &&
    event.resourceId === content.resource.id
  )
}

function keysAgree({ apiKeyIds }: StoredEvent, { api_keys: set }: Content): boolean {
  if (set === null) return apiKeyIds.length === 0
  const found = keySetOf(apiKeyIds)
  return found.count === set.count && found.digest === set.digest
}
