import { createHash, createHmac, type KeyObject } from 'node:crypto'
import type { KeySet } from './audit-event.ts'

/** The link before the first event of every chain: the event's own text names its account. */
export const genesisHash: Buffer = Buffer.alloc(32)

/** The last link of a chain, and the number of its event; 0 before the first. */
export interface ChainHead {
  readonly number: number
  readonly link: Buffer
}

/** The link of an event: SHA-256 of the link before it and its text, or their HMAC under an audit key. */
export function entryHashOf(previous: Buffer, content: string, key: KeyObject | undefined): Buffer {
  const hash = key === undefined ? createHash('sha256') : createHmac('sha256', key)
  return hash.update(previous).update(content, 'utf8').digest()
}

/** What an event keeps of the keys of a bulk act. */
export function keySetOf(apiKeyIds: readonly string[]): KeySet {
  const lines = apiKeyIds.toSorted().join('\n')
  return { count: apiKeyIds.length, digest: createHash('sha256').update(lines).digest('hex') }
}
