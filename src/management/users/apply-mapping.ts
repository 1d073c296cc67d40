import { type ActContext, type Acted, act, nothingChanged } from '../../acts/act.ts'
import type { ActDeps } from '../../acts/deps.ts'
import { newId } from '../../acts/ids.ts'
import type { MappedRole } from '../../domain/person/mapping.ts'
import type { Person } from '../../domain/person/person.ts'
import { system } from '../../domain/principal.ts'
import { isUuid } from '../../domain/uuid.ts'
import { findAccount } from '../../store/accounts.ts'
import type { StoreTransaction } from '../../store/database.ts'
import {
  endMemberships,
  insertMembership,
  lockUser,
  setMembershipRevision,
  setRole,
} from '../../store/memberships.ts'
import { findRoleWithEffects, type RoleWithEffects } from '../../store/roles.ts'
import { userAdded, userRemoved, userUpdated } from './events.ts'

/** What the deployment's file says of a person in one account, at a sign-in. */
export interface MappingOfAccount {
  readonly person: Person
  readonly accountId: string
  /** Undefined: the claims map to no role of the account any more. */
  readonly mapped: MappedRole | undefined
  /** Until when the role holds: the end of the session that begins. */
  readonly until: Date
}

/**
 * Gives a person the role that the deployment's file maps the claims to, or takes the one that it
 * mapped before. The file decides, and no person or key does: the author is the service. A role
 * that was given in the account is left alone unless the file maps another one.
 */
export async function applyMapping(deps: ActDeps, mapping: MappingOfAccount): Promise<void> {
  const { person, accountId } = mapping
  let membershipId: string | undefined
  await act(
    deps,
    system,
    {
      lock: { mode: 'shared', accountId },
      seal: async (trx, committed) => {
        if (membershipId !== undefined) await setMembershipRevision(trx, membershipId, committed)
      },
    },
    async (context): Promise<Acted<undefined>> => {
      const latest = await lockUser(context.trx, accountId, person.id)
      const present = latest?.removedAt === null ? latest : undefined
      membershipId = present?.membershipId
      const role = await findMappedRole(deps, context.trx, mapping)
      if (role === undefined) {
        if (present === undefined || present.mappedUntil === null) return nothingChanged(undefined)
        await endMemberships(context.trx, [present.membershipId], deps.now())
        context.changed({ kind: 'user', id: person.id })
        return { result: undefined, events: [userRemoved(present, null)] }
      }
      if (present === undefined) return await addMapped(deps, context, mapping, role)
      const terms = { roleId: role.id, mappedUntil: mapping.until }
      await setRole(context.trx, present.membershipId, terms, deps.now())
      if (present.role.id === role.id && present.mappedUntil !== null) {
        return nothingChanged(undefined)
      }
      context.changed({ kind: 'user', id: person.id })
      const after = { ...present, role, mappedUntil: mapping.until }
      return { result: undefined, events: [userUpdated(present, after)] }
    },
  )
}

/** Adds the person with a mapped role, in the transaction of an act. */
export async function addMapped(
  deps: ActDeps,
  { trx }: ActContext<undefined>,
  { person, accountId, until }: MappingOfAccount,
  role: RoleWithEffects,
): Promise<Acted<undefined>> {
  const membership = {
    id: newId(deps),
    accountId,
    personId: person.id,
    roleId: role.id,
    mappedUntil: until,
    createdAt: deps.now(),
  }
  // Another sign-in of the person may have added the same meanwhile.
  if (!(await insertMembership(trx, membership))) return nothingChanged(undefined)
  return { result: undefined, events: [userAdded({ accountId, person, role, mappedUntil: until })] }
}

/**
 * The mapped role, if the account has it. Only an entry that names the platform gives a role of the
 * platform account. An entry that names nothing present maps to nothing, and is logged.
 */
export async function findMappedRole(
  deps: Pick<ActDeps, 'log'>,
  trx: StoreTransaction,
  { accountId, mapped }: Pick<MappingOfAccount, 'accountId' | 'mapped'>,
): Promise<RoleWithEffects | undefined> {
  if (mapped === undefined) return undefined
  const account = await findAccount(trx, accountId)
  const isMeant = account !== undefined && account.platform === (mapped.accountId === null)
  const by = isUuid(mapped.role) ? { id: mapped.role } : { name: mapped.role }
  const role = isMeant ? await findRoleWithEffects(trx, accountId, by) : undefined
  if (role === undefined) {
    deps.log.error(
      { account_id: accountId, role: mapped.role },
      'OIDC_FILE maps to a role that does not exist, or to the platform account without naming it',
    )
  }
  return role
}
