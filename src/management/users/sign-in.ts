import { act } from '../../acts/act.ts'
import type { MappedRole } from '../../domain/person/mapping.ts'
import type { PersonName, Profile } from '../../domain/person/person.ts'
import { endOfMembership, type User, type UserFacts } from '../../domain/person/user.ts'
import type { UserPrincipal } from '../../domain/principal.ts'
import { ServiceError } from '../../errors.ts'
import { requirePlatformId } from '../../store/accounts.ts'
import { findOrProveAbsence } from '../../store/committed-read.ts'
import type { Executor, StoreTransaction } from '../../store/database.ts'
import { findMemberships, findUserFacts, recordSignIn } from '../../store/memberships.ts'
import { findPerson, updateProfile } from '../../store/persons.ts'
import type { SessionManagementDeps } from '../sessions/deps.ts'
import {
  enterSession,
  type SessionTerms,
  type StartedSession,
  sessionStarted,
} from '../sessions/start.ts'
import { applyMapping } from './apply-mapping.ts'

/** What a verified ID token says of who signs in. */
export interface SignedInPerson extends PersonName, Profile {
  /** When the provider asked for a proof of identity; undefined: it does not say. */
  readonly authenticatedAt: Date | undefined
  /** The roles that the deployment's file maps the claims to. */
  readonly roles: readonly MappedRole[]
  /** What the provider calls the session of the browser there; absent: it does not say. */
  readonly providerSession?: string | undefined
  /** The account in which the person wants to work; undefined: the one joined first. */
  readonly accountId: string | undefined
}

/** The request of a browser that comes back from its provider. */
export type SignInRequest = Pick<UserPrincipal, 'address' | 'requestId' | 'epoch'>

export interface SignedInUser {
  readonly started: StartedSession
  readonly principal: UserPrincipal
}

/**
 * Starts a session of a person whose ID token was verified. Roles that follow from claims are
 * computed anew, and end with the lifetime of the session. Nobody is stored who has no role
 * anywhere. The session is confirmed if the provider says when it asked for a proof. What the
 * provider says of the person is stored by the same act. Throws `permission_denied`, or
 * `unauthenticated` if the role was taken meanwhile.
 */
export async function signInPerson(
  deps: SessionManagementDeps,
  request: SignInRequest,
  signedIn: SignedInPerson,
): Promise<SignedInUser> {
  const now = deps.now()
  const terms = termsOf(deps, signedIn)
  const entered = await enterAccounts(deps, signedIn, terms.expiresAt)
  const membership = chosen(entered, signedIn.accountId, now)
  const { accountId, membershipId, person } = membership
  const user = await findOrProveAbsence(deps.db, (db) => findUserFacts(db, membershipId))
  if (user === undefined) throw hasNoRole()
  const known = principalOf(user, request)
  const actTerms = {
    permission: null,
    // Before the membership is shared: a redemption locks the person first, too.
    lockFirst: async (trx: StoreTransaction) => {
      await updateProfile(trx, person.id, signedIn, now)
      await recordSignIn(trx, { accountId, personId: person.id }, now)
    },
  }
  const { result } = await act(deps, known, actTerms, async (context) => {
    const facts = await findUserFacts(context.trx, membershipId)
    if (facts === undefined) throw new Error('A user whose authority was renewed was not found.')
    // The event names the person as the provider does now.
    const principal = { ...known, user: facts }
    const started = await enterSession(deps, context, principal, terms)
    const events = [sessionStarted(started.session, principal, 'oidc')]
    return { result: { started, principal }, events, by: principal }
  })
  return result
}

/** How long the session of a person lasts who signs in now, and until when it is confirmed. */
export function termsOf(deps: SessionManagementDeps, signedIn: SignedInPerson): SessionTerms {
  const now = deps.now()
  return {
    expiresAt: new Date(now.getTime() + deps.sessions.limits.lifetimeMs),
    confirmedUntil: confirmedUntilOf(deps, signedIn, now),
    providerSession: signedIn.providerSession,
  }
}

/** The person who signs in, as the author of the start of a session. */
export function principalOf(user: UserFacts, request: SignInRequest): UserPrincipal {
  return {
    kind: 'user',
    user,
    session: undefined,
    readAt: undefined,
    authorityRenewed: false,
    ...request,
  }
}

/**
 * Applies the mapping in every account that it concerns, and returns the memberships since. Those
 * that another sign-in of the person maps meanwhile, and this one does not, are not among them.
 */
export async function enterAccounts(
  deps: SessionManagementDeps,
  person: SignedInPerson,
  until: Date,
): Promise<readonly User[]> {
  const read = () =>
    deps.currentReads.read(
      (db) => findMembershipsOf(db, person),
      (found) => found.length > 0,
    )
  const platformId = await deps.currentReads.read(requirePlatformId)
  const byAccount = new Map(person.roles.map((role) => [role.accountId ?? platformId, role]))
  const before = (await read()).filter(({ mappedUntil }) => mappedUntil !== null)
  const accountIds = new Set([...byAccount.keys(), ...before.map(({ accountId }) => accountId)])
  const mappedIn = new Set<string>()
  for (const accountId of [...accountIds].sort()) {
    const mapped = byAccount.get(accountId)
    if (await applyMapping(deps, { person, accountId, mapped, until })) mappedIn.add(accountId)
  }
  return (await read()).filter(
    ({ accountId, mappedUntil }) => mappedUntil === null || mappedIn.has(accountId),
  )
}

async function findMembershipsOf(db: Executor, name: PersonName): Promise<readonly User[]> {
  const person = await findPerson(db, name)
  return person === undefined ? [] : findMemberships(db, person.id)
}

/** The membership to sign in with. Throws `permission_denied` if there is none. */
function chosen(memberships: readonly User[], accountId: string | undefined, now: Date): User {
  const open = memberships.filter((one) => endOfMembership(one, now) === undefined)
  const found = open.find((one) => accountId === undefined || one.accountId === accountId)
  if (found === undefined) throw hasNoRole()
  return found
}

/** A proof of identity from before the sign-in counts from then; one from the future from now. */
function confirmedUntilOf(
  { sessions }: SessionManagementDeps,
  { authenticatedAt }: SignedInPerson,
  now: Date,
): Date {
  if (authenticatedAt === undefined) return now
  const from = Math.min(authenticatedAt.getTime(), now.getTime())
  return new Date(from + sessions.limits.confirmationMs)
}

function hasNoRole(): ServiceError {
  return new ServiceError(
    'permission_denied',
    'The provider knows you, and you have no role here. Ask an administrator of your account to add you.',
  )
}
