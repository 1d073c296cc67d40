import type { KeyPrincipal } from '../../../domain/principal.ts'
import { type Dependent, listDependents } from '../../../management/api-keys/list-dependents.ts'
import type { Deps } from '../../deps.ts'

/** The clients print the number and the names of the dependents. */
export const maxDependentsShown = 100

/** The newest active keys of each role or list; none if the reader may not read keys. */
export async function dependentsSeenBy(
  deps: Deps,
  reader: KeyPrincipal,
  accountId: string,
  of: Parameters<typeof listDependents>[2],
): Promise<readonly Dependent[]> {
  if (!reader.key.holds.has('api_key:read')) return []
  return listDependents(deps, accountId, of, maxDependentsShown)
}
