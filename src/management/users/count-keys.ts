import { countKeysOfPersons } from '../../store/keys-of-persons.ts'
import type { ManagementDeps } from '../deps.ts'

/**
 * How many keys of the account each of these people issued by a session here, of those that are not
 * revoked. A key that a trusted backend issued in the name of a user is not counted: nobody has
 * verified the name. People without a key are absent.
 */
export function countKeysOfUsers(
  deps: Pick<ManagementDeps, 'longReads'>,
  accountId: string,
  personIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  return deps.longReads.run((db) => countKeysOfPersons(db, accountId, personIds))
}
