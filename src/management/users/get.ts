import type { User } from '../../domain/person/user.ts'
import { isUuid } from '../../domain/uuid.ts'
import { notFound } from '../../errors.ts'
import { findOrProveAbsence } from '../../store/committed-read.ts'
import { findUser } from '../../store/memberships.ts'
import type { ManagementDeps } from '../deps.ts'

/** One user of the account, by the id of the person. Throws `not_found`. */
export async function getUser(
  deps: Pick<ManagementDeps, 'db'>,
  accountId: string,
  id: string,
): Promise<User> {
  const user = isUuid(id)
    ? await findOrProveAbsence(deps.db, (db) => findUser(db, accountId, id))
    : undefined
  if (user === undefined) throw notFound('user')
  return user
}
