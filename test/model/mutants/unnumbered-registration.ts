import { type Protocol, shipped } from '../protocol.ts'

/**
 * A registration takes no revision: an instance that applied the one before it counts as knowing
 * it.
 */
export const unnumberedRegistration: Protocol = {
  ...shipped,
  register: (db, id, maxStalenessMs) => db.register(id, maxStalenessMs, false),
}
