import { runForAccount } from '../../account-context.ts'
import type { ActDeps } from '../../acts/deps.ts'
import { chooseAccount } from '../../domain/person/choose-account.ts'
import type { MappedRole } from '../../domain/person/mapping.ts'
import type { ProvedToken } from '../../domain/person/proved-token.ts'
import type { UserFacts } from '../../domain/person/user.ts'
import type { TokenRef } from '../../domain/principal.ts'
import { isUuid } from '../../domain/uuid.ts'
import { requirePlatformId } from '../../store/accounts.ts'
import { findRoleRights, type RoleRights } from '../../store/role-rights.ts'
import { findUsersOfPerson, type UserOfPerson } from '../../store/users-of-person.ts'
import type { VerificationDeps } from '../../verification/deps.ts'
import { enterByToken } from './enter-by-token.ts'

type Deps = ActDeps & Pick<VerificationDeps, 'verificationReads'>

/** Who calls by a JWT, and by which role. */
export interface UserByToken {
  readonly user: UserFacts
  readonly token: TokenRef
}

/**
 * The person of a verified JWT as a user of the account in which the request acts; undefined if the
 * person has no role there. Whom the claims map to a role is entered as a user first. Everything is
 * read for this very request: a JWT is not cached.
 */
export async function findUserByToken(
  deps: Deps,
  proved: ProvedToken,
  accountId: string | undefined,
): Promise<UserByToken | undefined> {
  const found = await chooseUser(deps, proved, accountId)
  if (found?.mapped === undefined || isEntered(found.mapped, found.user, proved)) {
    return found && rightsByToken(deps, proved, found)
  }
  await enter(deps, proved, found.mapped)
  const entered = await chooseUser(deps, proved, accountId)
  return entered && rightsByToken(deps, proved, entered)
}

/** Whether the person is a user, and stays one for as long as the token holds. */
function isEntered(
  mapped: MappedRole,
  user: UserFacts | undefined,
  { expiresAt }: ProvedToken,
): boolean {
  if (user === undefined) return false
  const { mappedUntil } = user
  return mappedUntil === null || mappedUntil >= expiresAt || !isNamed(user, mapped)
}

interface Choice {
  readonly mapped: MappedRole | undefined
  readonly user: UserFacts | undefined
}

async function chooseUser(
  deps: Deps,
  { person, roles, since }: ProvedToken,
  accountId: string | undefined,
): Promise<Choice | undefined> {
  const users = await deps.verificationReads.read(
    (db) => findUsersOfPerson(db, person),
    (rows) => rows.length > 0,
  )
  const isOpen = ({ lastRemovedAt }: UserOfPerson) =>
    lastRemovedAt === null || lastRemovedAt < since
  const shut = users.filter((one) => !isOpen(one)).map(({ facts }) => facts.accountId)
  const open = users.filter(isOpen).map(({ facts }) => facts)
  const choice = chooseAccount(accountId, roles, open)
  const chosenId = choice?.mapped?.accountId
  return typeof chosenId === 'string' && shut.includes(chosenId) ? undefined : choice
}

async function enter(
  deps: Deps,
  { person, since, expiresAt: until }: ProvedToken,
  mapped: MappedRole,
): Promise<void> {
  const accountId = mapped.accountId ?? (await requirePlatformId(deps.db))
  await runForAccount(accountId, () =>
    enterByToken(deps, { person, accountId, mapped, since, until }),
  )
}

async function rightsByToken(
  deps: Deps,
  { expiresAt }: ProvedToken,
  { mapped, user }: Choice,
): Promise<UserByToken | undefined> {
  if (user === undefined) return undefined
  // Every check of a person's rights knows when a mapped role ends: a token ends in the same way.
  const mappedUntil = expiresAt
  if (mapped === undefined) {
    return { user: { ...user, mappedUntil }, token: { mappedRoleId: null, expiresAt } }
  }
  const rights = await mappedRights(deps, user, mapped)
  if (rights === undefined) return undefined
  const token = { mappedRoleId: rights.role.id, expiresAt }
  return { user: { ...user, ...rights, mappedUntil }, token }
}

async function mappedRights(
  deps: Deps,
  user: UserFacts,
  mapped: MappedRole,
): Promise<RoleRights | undefined> {
  if (isNamed(user, mapped)) return user
  const { role } = mapped
  const by = isUuid(role) ? { id: role } : { name: role }
  return deps.verificationReads.read((db) => findRoleRights(db, user.accountId, by))
}

function isNamed({ role: { id, name } }: UserFacts, { role }: MappedRole): boolean {
  return role === id || role === name
}
