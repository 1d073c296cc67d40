import type { MappedRole } from './mapping.ts'
import type { UserFacts } from './user.ts'

/** What a person may be in one account by a token. */
export interface AccountChoice<User extends Pick<UserFacts, 'accountId' | 'platform'>> {
  /** The role that the deployment's file maps the token's claims to; undefined: a given one. */
  readonly mapped: MappedRole | undefined
  /** The person as a user of the account; undefined: the person is none yet. */
  readonly user: User | undefined
}

type ChosenUser = Pick<UserFacts, 'accountId' | 'mappedUntil' | 'platform'>

/**
 * The account in which a token acts: the one that the path names, else the platform account, else
 * the first one that the deployment's file maps its claims to, else the one that the person joined
 * first. A role that a sign-in mapped counts for nothing: the claims of the token are judged. The
 * mapped role of an account comes before a given one, as at a sign-in.
 */
export function chooseAccount<User extends ChosenUser>(
  accountId: string | undefined,
  mapped: readonly MappedRole[],
  users: readonly User[],
): AccountChoice<User> | undefined {
  const choices = [
    ...mapped.map((role) => ({ mapped: role, user: users.find((user) => isMeantBy(role, user)) })),
    ...users
      .filter((user) => user.mappedUntil === null && !mapped.some((role) => isMeantBy(role, user)))
      .map((user) => ({ mapped: undefined, user })),
  ]
  const isPlatform = ({ mapped: role, user }: AccountChoice<User>) =>
    role === undefined ? user?.platform === true : role.accountId === null
  const ofPath = ({ mapped: role, user }: AccountChoice<User>) =>
    accountId !== undefined && (role?.accountId ?? user?.accountId) === accountId
  return choices.find(ofPath) ?? choices.find(isPlatform) ?? choices[0]
}

/**
 * Whether an entry gives a role in the account of a user. One that names an account never means the
 * platform account.
 */
export function isMeantBy(
  { accountId }: MappedRole,
  user: Pick<UserFacts, 'accountId' | 'platform'>,
): boolean {
  return accountId === null ? user.platform : !user.platform && user.accountId === accountId
}
