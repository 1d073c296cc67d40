import type { KeyPrincipal } from '../../domain/principal.ts'
import { type Dependent, listDependents } from '../../management/api-keys/list-dependents.ts'
import type { Deps } from '../deps.ts'

/** The clients count them and print their names. */
const maxShown = 100

/** The active keys that have some roles or lists, of each the newest; none to a reader who may not see keys. */
export async function dependentsSeenBy(
  deps: Deps,
  reader: KeyPrincipal,
  accountId: string,
  of: Parameters<typeof listDependents>[2],
): Promise<readonly Dependent[]> {
  if (!reader.key.holds.has('api_key:read')) return []
  return listDependents(deps, accountId, of, maxShown)
}
