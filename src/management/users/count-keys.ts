import type { VerifiedAs } from '../../domain/key/api-key.ts'
import { type CallerPrincipal, rightsOf } from '../../domain/principal.ts'
import { countKeysOfPersons } from '../../store/keys-of-persons.ts'
import type { ManagementDeps } from '../deps.ts'

/**
 * How many keys each of these people issued by a session or a JWT, of those that are not revoked:
 * in the account, as its users; of people of the platform in every account, as the platform. A key
 * that a trusted backend issued in the name of a user is not counted: nobody has verified the name.
 * People without a key are absent.
 */
export function countKeysOfUsers(
  deps: Pick<ManagementDeps, 'longReads'>,
  reader: CallerPrincipal,
  accountId: string,
  personIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const of = { accountId, issuedAs: issuedAsUserOf(reader, accountId) }
  return deps.longReads.run((db) => countKeysOfPersons(db, of, personIds))
}

/** As what the users of an account issue keys. Only its own callers reach the platform account. */
export function issuedAsUserOf(caller: CallerPrincipal, accountId: string): VerifiedAs {
  const { platform, accountId: ownId } = rightsOf(caller)
  return platform && ownId === accountId.toLowerCase() ? 'platform' : 'account'
}
