import { runForAccount } from '../../account-context.ts'
import type { ActDeps } from '../../acts/deps.ts'
import { type AccountChoice, chooseAccount, isMeantBy } from '../../domain/person/choose-account.ts'
import type { MappedRole } from '../../domain/person/mapping.ts'
import type { ProvedToken } from '../../domain/person/proved-token.ts'
import type { UserFacts } from '../../domain/person/user.ts'
import type { TokenRef } from '../../domain/principal.ts'
import { foldRoleName } from '../../domain/role.ts'
import { requirePlatformId } from '../../store/accounts.ts'
import { findRoleRights, type RoleRights } from '../../store/role-rights.ts'
import { findUsersOfPerson } from '../../store/users-of-person.ts'
import type { VerificationDeps } from '../../verification/deps.ts'
import { enterByToken } from './enter-by-token.ts'
import { logMissingRole, namedBy } from './mapped-role.ts'

type Deps = ActDeps & Pick<VerificationDeps, 'verificationReads'>
type Choice = AccountChoice<UserFacts>

/** Who calls by a JWT, and by which role. */
export interface UserByToken {
  readonly user: UserFacts
  readonly token: TokenRef
}

/**
 * The person of a verified JWT as a user of the account in which the request acts; undefined if the
 * person has no role there. Whom the claims map to a role is entered as a user first. Everything is
 * read for this very request: a JWT is not cached. Only a JWT that changes something takes locks,
 * so that one that is refused, however often it comes, holds up no act.
 */
export async function findUserByToken(
  deps: Deps,
  proved: ProvedToken,
  accountId: string | undefined,
): Promise<UserByToken | undefined> {
  const choice = await chooseUser(deps, proved, accountId)
  if (choice === undefined) return undefined
  const { mapped, user } = choice
  const { expiresAt } = proved
  if (mapped === undefined) return user && withRole(user, user, { mappedRoleId: null, expiresAt })
  const rights = await mappedRights(deps, mapped, user)
  if (rights === undefined) return undefined
  const token = { mappedRoleId: rights.role.id, expiresAt }
  if (user !== undefined && isEntered(user, token, deps.now())) return withRole(user, rights, token)
  await enter(deps, proved, mapped)
  const entered = (await chooseUser(deps, proved, accountId))?.user
  return entered && withRole(entered, rights, token)
}

/** Whether the person stays a user for as long as the token holds, as far as the token decides. */
function isEntered({ mappedUntil, role }: UserFacts, token: TokenRef, now: Date): boolean {
  if (mappedUntil === null || mappedUntil >= token.expiresAt) return true
  return role.id !== token.mappedRoleId && mappedUntil > now
}

/** Every check of a person's rights knows when a mapped role ends: a token ends in the same way. */
function withRole(user: UserFacts, rights: RoleRights, token: TokenRef): UserByToken {
  return { user: { ...user, ...rights, mappedUntil: token.expiresAt }, token }
}

async function chooseUser(
  deps: Deps,
  { person, roles, since }: ProvedToken,
  accountId: string | undefined,
): Promise<Choice | undefined> {
  const found = await deps.verificationReads.read(
    (db) => findUsersOfPerson(db, person, since),
    (rows) => rows.length > 0,
  )
  const removed = found.filter(({ removedAt }) => removedAt !== null)
  const isShut = (user: UserFacts) => removed.some((one) => one.accountId === user.accountId)
  const choice = chooseAccount(
    accountId,
    roles,
    found.filter((user) => !isShut(user)),
  )
  const mapped = choice?.mapped
  return mapped !== undefined && removed.some((user) => isMeantBy(mapped, user))
    ? undefined
    : choice
}

async function enter(
  deps: Deps,
  { person, since, expiresAt: until }: ProvedToken,
  mapped: MappedRole,
): Promise<void> {
  const accountId = await accountOf(deps, mapped)
  await runForAccount(accountId, () =>
    enterByToken(deps, { person, accountId, mapped, since, until }),
  )
}

async function mappedRights(
  deps: Deps,
  mapped: MappedRole,
  user: UserFacts | undefined,
): Promise<RoleRights | undefined> {
  const by = namedBy(mapped)
  if (user !== undefined && isRole(user, by)) return user
  const accountId = user?.accountId ?? (await accountOf(deps, mapped))
  const rights = await deps.verificationReads.read(
    (db) => findRoleRights(db, accountId, by),
    (found) => found !== undefined,
  )
  // Only an entry that names the platform gives a role of the platform account.
  if (rights !== undefined && rights.platform === (mapped.accountId === null)) return rights
  logMissingRole(deps, accountId, mapped)
  return undefined
}

function isRole({ role }: UserFacts, by: ReturnType<typeof namedBy>): boolean {
  return 'id' in by ? by.id === role.id : foldRoleName(by.name) === foldRoleName(role.name)
}

async function accountOf(deps: Deps, { accountId }: MappedRole): Promise<string> {
  return accountId ?? (await deps.verificationReads.read(requirePlatformId))
}
