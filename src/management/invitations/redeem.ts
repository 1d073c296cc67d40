import { type Acted, act, nothingChanged } from '../../acts/act.ts'
import { mayGrant } from '../../acts/authority.ts'
import { newId } from '../../acts/ids.ts'
import { grantToPerson } from '../../domain/grant.ts'
import type { Invitation } from '../../domain/invitation/invitation.ts'
import { type RedemptionRefusal, refusalOfRedemption } from '../../domain/invitation/redemption.ts'
import { system } from '../../domain/principal.ts'
import { hasValidTag, parseConsoleSecret } from '../../domain/session/console-secret.ts'
import type { StoreTransaction } from '../../store/database.ts'
import {
  findAccountOfInvitation,
  findInvitation,
  hasLink,
  redeemInvitation,
} from '../../store/invitations.ts'
import { findUserFacts } from '../../store/memberships.ts'
import { enterPerson, updateProfile } from '../../store/persons.ts'
import { findRoleWithEffects } from '../../store/roles.ts'
import type { SessionManagementDeps } from '../sessions/deps.ts'
import { enterSession, hashOfSecret, sessionStarted } from '../sessions/start.ts'
import { type EnteredUser, enterUser } from '../users/enter-user.ts'
import { userAdded } from '../users/events.ts'
import {
  enterAccounts,
  principalOf,
  type SignedInPerson,
  type SignedInUser,
  type SignInRequest,
  termsOf,
} from '../users/sign-in.ts'
import { invitationRedeemed } from './events.ts'
import { lockInviter } from './lock-inviter.ts'

export type Redemption =
  | (SignedInUser & {
      readonly kind: 'redeemed'
      /** False: the person was a user of the account before, whose role stays. */
      readonly isAdded: boolean
    })
  | { readonly kind: 'refused'; readonly reason: RedemptionRefusal }

/**
 * Redeems an invitation by the secret of its link, for a person whose ID token was verified, and
 * starts a session in its account, in one act. The inviter's authority is judged again, and stays
 * locked until the commit. Roles that follow from claims are applied before: where they give one in
 * the account, that stays. A forged secret costs no statement.
 */
export async function redeem(
  deps: SessionManagementDeps,
  request: SignInRequest,
  signedIn: SignedInPerson,
  text: string,
): Promise<Redemption> {
  const secret = parseConsoleSecret('invitation', text)
  if (secret === undefined || !hasValidTag(secret, deps.keyring.keys)) return refused('unknown')
  const accountId = await deps.currentReads.read(
    (db) => findAccountOfInvitation(db, secret.id),
    (id) => id !== undefined,
  )
  if (accountId === undefined) return refused('unknown')
  const terms = termsOf(deps, signedIn)
  await enterAccounts(deps, signedIn, terms.expiresAt)
  const { result } = await act(
    deps,
    system,
    // No other act changes the invitation, its inviter's membership or its role meanwhile.
    { lock: { mode: 'exclusive', accountId } },
    async (context): Promise<Acted<Redemption>> => {
      const { trx } = context
      const now = deps.now()
      const invitation = await findInvitation(trx, accountId, secret.id)
      if (invitation === undefined) return nothingChanged(refused('unknown'))
      const refusal =
        refusalOfRedemption(invitation, signedIn, now) ??
        (await refusalOfLink(trx, invitation, hashOfSecret(text), now))
      if (refusal !== undefined) return nothingChanged(refused(refusal))
      const { user, isAdded } = await enterInvited(deps, trx, invitation, signedIn)
      await redeemInvitation(trx, invitation.id, user.person.id, now)
      const facts = await findUserFacts(trx, user.membershipId)
      if (facts === undefined) throw new Error('A user who redeemed an invitation was not found.')
      const principal = principalOf(facts, request)
      const started = await enterSession(deps, context, principal, terms)
      return {
        result: { kind: 'redeemed', started, principal, isAdded },
        events: [
          invitationRedeemed(invitation, user.person.id, now),
          ...(isAdded ? [userAdded(user)] : []),
          sessionStarted(started.session, principal, 'oidc'),
        ],
        by: principal,
      }
    },
  )
  return result
}

/** Whether the link is the newest of its invitation, and its inviter may still give the role. */
async function refusalOfLink(
  trx: StoreTransaction,
  { id, accountId, inviter, role: { id: roleId } }: Invitation,
  hash: Buffer,
  now: Date,
): Promise<RedemptionRefusal | undefined> {
  if (!(await hasLink(trx, id, hash))) return 'replaced'
  const rights = await lockInviter(trx, inviter, now)
  const role = await findRoleWithEffects(trx, accountId, { id: roleId })
  if (rights === undefined || role === undefined) return 'void'
  return mayGrant(rights, grantToPerson(role.effective)) ? undefined : 'void'
}

/** The person as a user of the account: the present one, or one with the role that was offered. */
async function enterInvited(
  deps: SessionManagementDeps,
  trx: StoreTransaction,
  { id: invitationId, accountId, role }: Invitation,
  { issuer, subject, email, emailVerified, name }: SignedInPerson,
): Promise<EnteredUser> {
  const now = deps.now()
  const profile = { email, emailVerified, name }
  const entered = { id: newId(deps), issuer, subject, ...profile, createdAt: now }
  const person = await enterPerson(trx, entered)
  await updateProfile(trx, person.id, profile, now)
  return enterUser(deps, trx, { accountId, personId: person.id, roleId: role.id, invitationId })
}

function refused(reason: RedemptionRefusal): Redemption {
  return { kind: 'refused', reason }
}
