import type { ActDeps, AuditDeps } from '../acts/deps.ts'
import type { Database } from '../store/database.ts'

/**
 * What an act needs in a process that caches nothing and that no instance has to hear of: its acts
 * create what nobody knows yet, and announce no change.
 */
export function withoutCache(deps: AuditDeps, db: Database): ActDeps {
  return {
    ...deps,
    db,
    freshness: { invalidate: () => undefined },
    notifies: false,
    log: { error: () => undefined },
  }
}
