import { type ActContext, type Acted, act, nothingChanged } from '../../acts/act.ts'
import type { ActDeps } from '../../acts/deps.ts'
import { newId } from '../../acts/ids.ts'
import type { MappedRole } from '../../domain/person/mapping.ts'
import type { Person, PersonName, Profile } from '../../domain/person/person.ts'
import { system } from '../../domain/principal.ts'
import { findAccount } from '../../store/accounts.ts'
import type { StoreTransaction } from '../../store/database.ts'
import {
  endMembership,
  insertMembership,
  lockUser,
  setMembershipRevision,
  setRole,
} from '../../store/memberships.ts'
import { enterPerson, findPerson } from '../../store/persons.ts'
import { lockRoleRights } from '../../store/role-rights.ts'
import { findRoleWithEffects, type RoleWithEffects } from '../../store/roles.ts'
import { userAdded, userRemoved, userUpdated } from './events.ts'
import { logMissingRole, namedBy } from './mapped-role.ts'

/** What the deployment's file says of a person in one account, at a sign-in. */
export interface MappingOfAccount {
  /** Who was proved, and what the provider says of them; nothing of it may be stored yet. */
  readonly person: PersonName & Profile
  readonly accountId: string
  /** Undefined: the claims map to no role of the account any more. */
  readonly mapped: MappedRole | undefined
  /** Until when the role holds: the end of the session that begins. */
  readonly until: Date
}

/**
 * Gives a person the role that the deployment's file maps the claims to, or takes the one that it
 * mapped before. The file decides, and no person or key does: the author is the service. A role
 * that was given in the account is left alone unless the file maps another one. Returns whether the
 * claims map to a role that is there.
 */
export async function applyMapping(deps: ActDeps, mapping: MappingOfAccount): Promise<boolean> {
  const { accountId } = mapping
  let membershipId: string | undefined
  let isMapped = false
  await act(
    deps,
    system,
    {
      lock: { mode: 'shared', accountId },
      seal: async (trx, committed) => {
        if (membershipId !== undefined) await setMembershipRevision(trx, [membershipId], committed)
      },
    },
    async (context): Promise<Acted<undefined>> => {
      const role = await findMappedRole(deps, context.trx, mapping)
      isMapped = role !== undefined
      const person = await personOf(deps, context.trx, mapping, role)
      if (person === undefined) return nothingChanged(undefined)
      const latest = await lockUser(context.trx, accountId, person.id)
      const present = latest?.removedAt === null ? latest : undefined
      membershipId = present?.membershipId
      if (role === undefined) {
        if (present === undefined || present.mappedUntil === null) return nothingChanged(undefined)
        await endMembership(context.trx, present.membershipId, deps.now())
        context.changed({ kind: 'user', id: person.id })
        return { result: undefined, events: [userRemoved(present, null)] }
      }
      if (present === undefined) return await addMapped(deps, context, { ...mapping, person }, role)
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
  return isMapped
}

/** The person as stored: entered if there is a role to have, since nobody is stored without one. */
async function personOf(
  deps: ActDeps,
  trx: StoreTransaction,
  { person }: MappingOfAccount,
  role: RoleWithEffects | undefined,
): Promise<Person | undefined> {
  if (role === undefined) return findPerson(trx, person)
  const { issuer, subject, email, emailVerified, name } = person
  const profile = { email, emailVerified, name }
  const entered = { id: newId(deps), issuer, subject, ...profile, createdAt: deps.now() }
  return { ...(await enterPerson(trx, entered)), ...profile }
}

export interface AddedByMapping extends Pick<MappingOfAccount, 'accountId' | 'until'> {
  readonly person: Person
}

/** Adds the person with a mapped role, in the transaction of an act. */
export async function addMapped(
  deps: ActDeps,
  { trx }: ActContext<undefined>,
  { person, accountId, until }: AddedByMapping,
  role: RoleWithEffects,
): Promise<Acted<undefined>> {
  const membership = {
    id: newId(deps),
    accountId,
    personId: person.id,
    roleId: role.id,
    mappedUntil: until,
    invitationId: null,
    createdAt: deps.now(),
  }
  // Another sign-in of the person may have added the same meanwhile.
  if (!(await insertMembership(trx, membership))) return nothingChanged(undefined)
  return { result: undefined, events: [userAdded({ accountId, person, role, mappedUntil: until })] }
}

/**
 * The mapped role, if the account has it, locked FOR SHARE: nobody deletes it meanwhile. Only an
 * entry that names the platform gives a role of the platform account. An entry that names nothing
 * present maps to nothing, and is logged.
 */
export async function findMappedRole(
  deps: Pick<ActDeps, 'log'>,
  trx: StoreTransaction,
  { accountId, mapped }: Pick<MappingOfAccount, 'accountId' | 'mapped'>,
): Promise<RoleWithEffects | undefined> {
  if (mapped === undefined) return undefined
  const account = await findAccount(trx, accountId)
  const isMeant = account !== undefined && account.platform === (mapped.accountId === null)
  const found = isMeant ? await findRoleWithEffects(trx, accountId, namedBy(mapped)) : undefined
  // It may be deleted at this moment: once it is locked it stays until the person has it.
  const isHeld = found && (await lockRoleRights(trx, accountId, found.id)) !== undefined
  const role = isHeld ? found : undefined
  if (role === undefined) logMissingRole(deps, accountId, mapped)
  return role
}
