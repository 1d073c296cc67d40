import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { parseKeyLines } from '../key-lines.ts'

/** What links are keyed with, so that whoever can write to the database alone cannot make them. */
export interface AuditKey {
  readonly id: string
  readonly subKey: KeyObject
}

/** The audit keys at hand. The first makes new links; all verify. */
export interface AuditKeys {
  readonly current: AuditKey | undefined
  readonly byId: ReadonlyMap<string, AuditKey>
}

export const noAuditKeys: AuditKeys = { current: undefined, byId: new Map() }

/** Reads a file of audit keys, as `parseKeyLines` reads it. Throws an Error that names the line and the rule. */
export function parseAuditKeys(text: string): AuditKeys {
  const byId = new Map<string, AuditKey>()
  for (const [id, key] of parseKeyLines(text)) byId.set(id, { id, subKey: deriveSubKey(key) })
  const [current] = byId.values()
  if (current === undefined) throw new Error('the file contains no key')
  return { current, byId }
}

/** A sub-key of its own: a file that is used for peppers too gives links nothing of them. */
function deriveSubKey(key: Uint8Array): KeyObject {
  return createSecretKey(createHmac('sha256', key).update('aeon-keys/audit/1').digest())
}
