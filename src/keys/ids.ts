import type { Deps } from '../deps.ts'
import { uuidV7 } from '../domain/uuid.ts'

/** A new id: a UUID version 7, in the order of its making by this instance's clock. */
export function newId(deps: Pick<Deps, 'now' | 'randomBytes'>): string {
  return uuidV7(deps.now().getTime(), deps.randomBytes(10))
}
