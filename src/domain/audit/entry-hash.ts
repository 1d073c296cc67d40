import { createHash, createHmac, type KeyObject } from 'node:crypto'
import type { KeySet } from './audit-event.ts'

/**
 * The entry hash before the first event of every chain. Chains differ all the same: the text of an
 * event names its account.
 */
export const genesisHash: Buffer = Buffer.alloc(32)

/**
 * The head of a chain: the number of its last event, 0 before the first, and the head hash, which
 * is the entry hash of that event.
 */
export interface ChainHead {
  readonly number: number
  readonly entryHash: Buffer
}

/**
 * The entry hash of an event: SHA-256 of the previous entry hash and the event's text, or the HMAC
 * of both under an audit key.
 */
export function entryHashOf(previous: Buffer, content: string, key: KeyObject | undefined): Buffer {
  const hash = key === undefined ? createHash('sha256') : createHmac('sha256', key)
  return hash.update(previous).update(content, 'utf8').digest()
}

/** The summary of the keys of a bulk act that the event's text holds. */
export function keySetOf(apiKeyIds: readonly string[]): KeySet {
  const lines = apiKeyIds.toSorted().join('\n')
  return { count: apiKeyIds.length, digest: createHash('sha256').update(lines).digest('hex') }
}
