import {
  type ActContext,
  type Acted,
  type AuthorizedTerms,
  act,
  nothingChanged,
} from '../../acts/act.ts'
import { requireGrantable, requirePermission } from '../../acts/authority.ts'
import type { ActDeps } from '../../acts/deps.ts'
import { newId } from '../../acts/ids.ts'
import { grantToPerson } from '../../domain/grant.ts'
import { endedByLapse, type User } from '../../domain/person/user.ts'
import { actorOf, type CallerPrincipal } from '../../domain/principal.ts'
import type { RevisionRef } from '../../domain/protocol/revision-ref.ts'
import type { Rights } from '../../domain/rights.ts'
import { invalidRequest, notFound } from '../../errors.ts'
import type { StoreTransaction } from '../../store/database.ts'
import { endMembership, setMembershipRevision } from '../../store/memberships.ts'
import { descriptionFaults } from '../validate-text.ts'
import { issuedAsUserOf } from './count-keys.ts'
import { type EndedKeys, endKeysOfUser, type KeysThen, sealKeys } from './end-keys.ts'
import { userRemoved } from './events.ts'
import {
  lockNamedUser,
  requireAnotherAdmin,
  requireOther,
  requireRoleOf,
  type UserName,
} from './user-rules.ts'

export interface Removal {
  /** What becomes of the keys that the person issued by a session here. */
  readonly keys: KeysThen
  readonly reason: string | null
}

export interface RemovedUser {
  readonly user: User
  /** How many keys were disabled or revoked. */
  readonly keyCount: number
  readonly committed: RevisionRef
}

/**
 * Removes a person from the account, and ends or keeps the keys that the person issued as its user,
 * in one act with one receipt. A person of the platform issued keys in any account, and all of them
 * end. Every session of the person in the account ends. The author must hold everything that the
 * role allows: taking a right is as much as giving it. A repeat changes nothing and returns the
 * same receipt; a person whose mapped role ended and was deleted was not removed before. Throws
 * `invalid_request`, `not_found`, `permission_denied`, `escalation`, `own_role`, `last_admin`.
 */
export async function removeUser(
  deps: ActDeps,
  principal: CallerPrincipal,
  accountId: string,
  name: UserName,
  { keys, reason }: Removal,
): Promise<RemovedUser> {
  const faults = descriptionFaults('/reason', reason ?? '')
  if (faults.length > 0) throw invalidRequest(faults)
  requireOther(principal, name)
  const ending = { keys, reason, at: deps.now(), by: actorOf(principal), inBulk: newId(deps) }
  const issuedAs = issuedAsUserOf(principal, accountId)
  const isEverywhere = issuedAs === 'platform' && keys !== 'keep'
  let membershipId: string | undefined
  let ended: EndedKeys = { byAccount: new Map(), events: [] }
  const terms: AuthorizedTerms = {
    permission: 'account_user:delete',
    isSensitive: true,
    // As a bulk revocation in all accounts: no key is missed that is being issued.
    lock: { mode: 'exclusive', accountId: isEverywhere ? undefined : accountId },
    seal: async (trx, committed) => {
      if (membershipId !== undefined) await setMembershipRevision(trx, [membershipId], committed)
      await sealKeys(trx, ending, ended, committed)
    },
  }
  const remove = async (context: ActContext<Rights>): Promise<Acted<Outcome>> => {
    const { trx, author, changed } = context
    const user = await lockNamedUser(trx, principal, accountId, name)
    requireMayEnd(author, keys)
    if (user.removedAt !== null && !endedByLapse(user)) {
      return nothingChanged({ user, keyCount: 0, unchangedSince: user.lastChange ?? undefined })
    }
    membershipId = user.membershipId
    if (user.removedAt === null) await requireMayTakeRole(trx, author, user)
    await endMembership(trx, user.membershipId, ending.at)
    changed({ kind: 'user', id: user.person.id })
    ended = await endKeysOfUser(trx, user, issuedAs, ending)
    // One change for all keys of an account: there may be very many.
    for (const id of ended.byAccount.keys()) changed({ kind: 'account', id })
    return {
      result: {
        user: { ...user, removedAt: ending.at },
        keyCount: [...ended.byAccount.values()].flat().length,
        unchangedSince: undefined,
      },
      events: [userRemoved(user, reason), ...ended.events],
    }
  }
  const { result, committed } = await act(deps, principal, terms, remove)
  const { unchangedSince, ...removed } = result
  const revision = committed ?? unchangedSince
  if (revision === undefined) throw notFound('user')
  return { ...removed, committed: revision }
}

interface Outcome extends Omit<RemovedUser, 'committed'> {
  /** If the person was removed before. */
  readonly unchangedSince: RevisionRef | undefined
}

/** A person whose mapped role ended and was deleted has no role to take. */
async function requireMayTakeRole(trx: StoreTransaction, author: Rights, user: User) {
  const role = await requireRoleOf(trx, user)
  requireGrantable(author, grantToPerson(role.effective))
  await requireAnotherAdmin(trx, user, role, undefined)
}

/** Removing a person is no way around the permission to end keys. */
function requireMayEnd(author: Rights, keys: KeysThen): void {
  switch (keys) {
    case 'keep':
      return
    case 'disable':
      requirePermission(author, 'api_key:disable')
      return
    case 'revoke':
      requirePermission(author, 'api_key:revoke')
  }
}
