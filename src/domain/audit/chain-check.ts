import type { AuditKeys } from './audit-key.ts'
import { type ChainHead, entryHashOf, genesisHash, keySetOf } from './entry-hash.ts'
import type { StoredEvent } from './stored-event.ts'

/** How a chain can be broken, as it is found at one of its events. */
export const chainFaults = [
  /** Its number is not there, though a later one, the head or a checkpoint says that it was. */
  'missing',
  /** Its text is not that of an event. */
  'unreadable',
  /** Its text belongs to another account or another place. */
  'misplaced',
  /** A column does not say what its text says. */
  'column_differs',
  /** Its audit key is not at hand. */
  'unknown_key',
  /** It has no audit key, though the event before it had one. */
  'key_dropped',
  /** Its link is not that of the link before it and its text. */
  'link_differs',
  /** The keys of a bulk act are not those that its text has the digest of. */
  'keys_differ',
  /** Its link is not the one that the head of the chain or a checkpoint has for it. */
  'rewritten',
] as const
export type ChainFault = (typeof chainFaults)[number]

/** The first break of a chain. */
export interface ChainBreak {
  readonly accountId: string
  /** Of the event at which it was found. */
  readonly number: number
  readonly fault: ChainFault
}

/** How far a chain was walked. */
export interface Walked extends ChainHead {
  readonly isKeyed: boolean
}

export const unwalked: Walked = { number: 0, link: genesisHash, isKeyed: false }

/** Steps on to an event: where that leads, or what is wrong with it. */
export function stepOn(walked: Walked, event: StoredEvent, keys: AuditKeys): Walked | ChainFault {
  if (event.number !== walked.number + 1) return 'missing'
  const content = parseContent(event.content)
  if (content === undefined) return 'unreadable'
  if (content.account_id !== event.accountId || content.number !== event.number) return 'misplaced'
  if (!columnsAgree(event, content)) return 'column_differs'
  const keyId = content.audit_key_id
  const key = keyId === null ? undefined : keys.byId.get(keyId)
  if (keyId !== null && key === undefined) return 'unknown_key'
  if (keyId === null && walked.isKeyed) return 'key_dropped'
  if (!entryHashOf(walked.link, event.content, key?.subKey).equals(event.link))
    return 'link_differs'
  if (!keysAgree(event, content)) return 'keys_differ'
  return { number: event.number, link: event.link, isKeyed: keyId !== null }
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

/** The text as far as its row repeats it. Whoever can alter it can make anything of it. */
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
