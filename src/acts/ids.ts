import { uuidFromBytes, uuidV7 } from '../domain/uuid.ts'
import type { IdDeps } from './deps.ts'

/** A new id: a UUID version 7, ordered by this instance's clock. */
export function newId(deps: IdDeps): string {
  return uuidV7(deps.now().getTime(), deps.randomBytes(10))
}

/** An id that nobody can guess: a UUID version 4 (RFC 9562, section 5.4). */
export function newRandomId(deps: Pick<IdDeps, 'randomBytes'>): string {
  const bytes = deps.randomBytes(16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return uuidFromBytes(bytes)
}
