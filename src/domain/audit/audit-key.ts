import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { parseKeyLines } from '../key-lines.ts'

/** A key for entry hashes. Write access to the database alone is not enough to forge a chain. */
export interface AuditKey {
  readonly id: string
  readonly subKey: KeyObject
}

/** The configured audit keys. The first key makes new entry hashes; every key verifies. */
export interface AuditKeys {
  readonly current: AuditKey | undefined
  readonly byId: ReadonlyMap<string, AuditKey>
}

export const noAuditKeys: AuditKeys = { current: undefined, byId: new Map() }

/**
 * Parses a file of audit keys in the format of `parseKeyLines`. Throws an Error that names the line
 * and the rule.
 */
export function parseAuditKeys(text: string): AuditKeys {
  const byId = new Map<string, AuditKey>()
  for (const [id, key] of parseKeyLines(text)) byId.set(id, { id, subKey: deriveSubKey(key) })
  const [current] = byId.values()
  if (current === undefined) throw new Error('the file contains no key')
  return { current, byId }
}

/**
 * Derives a separate sub-key, so that a file that also serves as a pepper reveals nothing about it.
 */
function deriveSubKey(key: Uint8Array): KeyObject {
  return createSecretKey(createHmac('sha256', key).update('aeon-keys/audit/1').digest())
}
