import type { ActDeps, AuditDeps } from '../acts/deps.ts'
import type { Database } from '../store/database.ts'

/**
 * What an act needs in a process without a cache. Such acts create rows that no instance has loaded
 * yet, and announce no change.
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
