import { type Acted, type ActTerms, act, nothingChanged } from '../../acts/act.ts'
import type { ActDeps } from '../../acts/deps.ts'
import { newId } from '../../acts/ids.ts'
import type { MappedRole } from '../../domain/person/mapping.ts'
import type { PersonName, Profile } from '../../domain/person/person.ts'
import { system } from '../../domain/principal.ts'
import { loadDatabaseClock } from '../../store/database-clock.ts'
import { lockUser, setMembershipRevision, setRole } from '../../store/memberships.ts'
import { enterPerson } from '../../store/persons.ts'
import { wasUserRemovedSince } from '../../store/users-of-person.ts'
import { addMapped, findMappedRole } from './apply-mapping.ts'
import { userUpdated } from './events.ts'

/** A person whose token was verified, and the role that its claims map to in one account. */
export interface EntryByToken {
  readonly person: PersonName & Profile
  readonly accountId: string
  readonly mapped: MappedRole
  /** A removal since then is not undone: it may have been meant to end this token. */
  readonly since: Date
  readonly until: Date
}

/**
 * Makes a person a user of the account by a token whose claims map to a role there, so that the
 * person is listed, and can be removed with the keys that the person issues. Who is a user already
 * stays what the sign-in or an administrator made of them; a role that was mapped before is only
 * kept for as long as the token holds, and gives way to that of the token once it has ended.
 */
export async function enterByToken(deps: ActDeps, entry: EntryByToken): Promise<void> {
  const { accountId, mapped, until } = entry
  let changedIds: readonly string[] = []
  const terms: ActTerms = {
    lock: { mode: 'shared', accountId },
    seal: (trx, committed) => setMembershipRevision(trx, changedIds, committed),
  }
  await act(deps, system, terms, async (context): Promise<Acted<undefined>> => {
    const { trx } = context
    const role = await findMappedRole(deps, trx, { accountId, mapped })
    if (role === undefined) return nothingChanged(undefined)
    const now = deps.now()
    const person = await enterPerson(trx, { id: newId(deps), ...entry.person, createdAt: now })
    const latest = await lockUser(trx, accountId, person.id)
    const mapping = { roleId: role.id, mappedUntil: until }
    if (latest === undefined || latest.removedAt !== null) {
      const member = { accountId, personId: person.id }
      const isShut = await wasUserRemovedSince(trx, member, entry.since)
      if (isShut) return nothingChanged(undefined)
      return addMapped(deps, context, { person, accountId, until }, role)
    }
    const { membershipId, mappedUntil } = latest
    if (mappedUntil === null || mappedUntil >= until) return nothingChanged(undefined)
    if (latest.role.id === role.id) {
      await setRole(trx, membershipId, mapping, now)
      return nothingChanged(undefined)
    }
    if (mappedUntil > (await loadDatabaseClock(trx))) return nothingChanged(undefined)
    await setRole(trx, membershipId, mapping, now)
    context.changed({ kind: 'user', id: person.id })
    changedIds = [membershipId]
    return {
      result: undefined,
      events: [userUpdated(latest, { ...latest, role, mappedUntil: until })],
    }
  })
}
