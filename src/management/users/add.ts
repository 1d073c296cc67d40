import { type Acted, type AuthorizedTerms, act, nothingChanged } from '../../acts/act.ts'
import { requireGrantable } from '../../acts/authority.ts'
import type { ActDeps } from '../../acts/deps.ts'
import {
  type Created,
  findEarlierResource,
  type IdempotentRequest,
} from '../../acts/idempotency.ts'
import { newId } from '../../acts/ids.ts'
import { grantToPerson } from '../../domain/grant.ts'
import type { PersonName } from '../../domain/person/person.ts'
import type { User } from '../../domain/person/user.ts'
import type { CallerPrincipal } from '../../domain/principal.ts'
import { invalidRequest, notFound, ServiceError } from '../../errors.ts'
import { violates } from '../../store/faults.ts'
import { findUser, membershipRoleConstraint } from '../../store/memberships.ts'
import { enterPerson } from '../../store/persons.ts'
import { requireRoleAndLists, unknownRole } from '../api-keys/require-references.ts'
import { enterUser } from './enter-user.ts'
import { userAdded } from './events.ts'
import { requireNoPlatform } from './user-rules.ts'

export interface NewUser extends PersonName {
  /** An id if it parses as a UUID, else a name. */
  readonly role: string
}

/**
 * Makes a person a user of the account, before the person has ever signed in. The author must
 * hold everything that the role allows, from any address. A repeat of a request with the same
 * idempotency key adds nobody. Throws `mapped_role` for the platform account, `invalid_request`,
 * `escalation`, `id_taken`, `idempotency_key_reused`, and `not_found` if the person who was added
 * has been removed.
 */
export async function addUser(
  deps: ActDeps,
  principal: CallerPrincipal,
  accountId: string,
  { issuer, subject, role: wanted }: NewUser,
  idempotent?: IdempotentRequest,
): Promise<Created<User>> {
  const now = deps.now()
  const terms: AuthorizedTerms = {
    permission: 'account_user:invite',
    lock: { mode: 'shared', accountId },
  }
  const { result } = await act(
    deps,
    principal,
    terms,
    async ({ trx, author }): Promise<Acted<Created<User>>> => {
      await requireNoPlatform(trx, accountId)
      const role = await requireRoleAndLists(trx, accountId, { role: wanted, allowListIds: [] })
      requireGrantable(author, grantToPerson(role.effective))
      const person = await enterPerson(trx, {
        id: newId(deps),
        issuer,
        subject,
        email: null,
        emailVerified: false,
        name: null,
        createdAt: now,
      })
      const named = idempotent && { ...idempotent, accountId, route: 'add user' }
      const earlier = named && (await findEarlierResource(trx, principal, named, person.id))
      if (earlier !== undefined) {
        const user = await findUser(trx, accountId, earlier)
        if (user === undefined) throw notFound('user')
        return nothingChanged({ value: user, isRepeat: true })
      }
      const { user, isAdded } = await enterUser(deps, trx, {
        accountId,
        personId: person.id,
        roleId: role.id,
      }).catch(refuseGoneRole)
      if (!isAdded) throw isUserAlready()
      return { result: { value: user, isRepeat: false }, events: [userAdded(user)] }
    },
  )
  return result
}

/** The role may have been deleted a moment ago. */
function refuseGoneRole(error: unknown): never {
  if (!violates(error, membershipRoleConstraint)) throw error
  throw invalidRequest([unknownRole])
}

function isUserAlready(): ServiceError {
  const message = 'The person is a user of the account already.'
  return new ServiceError('id_taken', message, [{ field: '/subject', rule: 'unique', message }])
}
