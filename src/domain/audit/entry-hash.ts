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

/** JSON as RFC 8785 writes it; for what has no parts that is what JSON.stringify writes. */
export function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join()}]`
  // Names in order of their UTF-16 code units (section 3.2.3), as JavaScript compares strings.
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, part]) => `${JSON.stringify(name)}:${canonicalJson(part)}`).join()}}`
}
