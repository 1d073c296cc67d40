import { type Acted, act, nothingChanged } from '../../acts/act.ts'
import { requireGrantable } from '../../acts/authority.ts'
import {
  type Created,
  findEarlierResource,
  type IdempotentRequest,
} from '../../acts/idempotency.ts'
import { newId } from '../../acts/ids.ts'
import type { AuditDraft } from '../../domain/audit/audit-event.ts'
import { grantToPerson } from '../../domain/grant.ts'
import { foldEmail } from '../../domain/invitation/email-address.ts'
import { type Invitation, statusOfInvitation } from '../../domain/invitation/invitation.ts'
import { maxOpenInvitations } from '../../domain/limits.ts'
import type { CallerPrincipal } from '../../domain/principal.ts'
import { notFound, ServiceError } from '../../errors.ts'
import type { StoreTransaction } from '../../store/database.ts'
import {
  countOpenInvitations,
  findInvitation,
  findInvitationOf,
  insertInvitation,
  withdrawInvitations,
} from '../../store/invitations.ts'
import { requireRoleAndLists } from '../api-keys/require-references.ts'
import type { ManagementDeps } from '../deps.ts'
import { requireNoPlatform } from '../users/user-rules.ts'
import { invitationSent, invitationWithdrawn } from './events.ts'
import { invitingTerms, newSending } from './sending.ts'

export interface NewInvitation {
  /** An address that matches `emailPattern`. */
  readonly email: string
  /** An id if it parses as a UUID, else a name. */
  readonly role: string
}

export interface SentInvitation {
  readonly invitation: Invitation
  /** The secret of its link; undefined: it was shown before. */
  readonly secret: string | undefined
}

/**
 * Invites whom a provider will verify to have the address. The author must hold everything that the
 * role allows, from any address, now and when the invitation is redeemed. An expired invitation of
 * the address is replaced. A repeat of a request with the same idempotency key sends nothing.
 * Throws `mapped_role` for the platform account, `invalid_request`, `escalation`, `id_taken`,
 * `invitation_limit`, `idempotency_key_reused`, and `not_found` for a repeat after the invitation
 * was deleted.
 */
export async function invite(
  deps: ManagementDeps,
  principal: CallerPrincipal,
  accountId: string,
  { email, role: wanted }: NewInvitation,
  idempotent?: IdempotentRequest,
): Promise<Created<SentInvitation>> {
  const { result } = await act(
    deps,
    principal,
    invitingTerms(accountId),
    async ({ trx, author }): Promise<Acted<Created<SentInvitation>>> => {
      await requireNoPlatform(trx, accountId)
      const role = await requireRoleAndLists(trx, accountId, { role: wanted, allowListIds: [] })
      requireGrantable(author, grantToPerson(role.effective))
      const id = newId(deps)
      const named = idempotent && { ...idempotent, accountId, route: 'invite' }
      const earlier = named && (await findEarlierResource(trx, principal, named, id))
      if (earlier !== undefined) {
        const invitation = await findInvitation(trx, accountId, earlier)
        if (invitation === undefined) throw notFound('invitation')
        return nothingChanged({ value: { invitation, secret: undefined }, isRepeat: true })
      }
      const { secret, ...sending } = newSending(deps, principal, id)
      const foldedEmail = foldEmail(email)
      const replaced = await replaceExpired(trx, accountId, foldedEmail, sending.sentAt)
      if ((await countOpenInvitations(trx, accountId, sending.sentAt)) >= maxOpenInvitations) {
        throw tooManyInvitations()
      }
      await insertInvitation(trx, {
        id,
        accountId,
        email,
        foldedEmail,
        roleId: role.id,
        ...sending,
      })
      const invitation = await findInvitation(trx, accountId, id)
      if (invitation === undefined) throw new Error('An inserted invitation was not found.')
      return {
        result: { value: { invitation, secret }, isRepeat: false },
        events: [...replaced, invitationSent(invitation)],
      }
    },
  )
  return result
}

/** Withdraws the invitation of the address if it has expired. Throws `id_taken` if it is open. */
async function replaceExpired(
  trx: StoreTransaction,
  accountId: string,
  foldedEmail: string,
  now: Date,
): Promise<readonly AuditDraft[]> {
  const present = await findInvitationOf(trx, accountId, foldedEmail)
  if (present === undefined) return []
  if (statusOfInvitation(present, now) !== 'expired') throw isInvitedAlready()
  await withdrawInvitations(trx, [present.id], now)
  return [invitationWithdrawn(present, now)]
}

function isInvitedAlready(): ServiceError {
  const message = 'The address has an open invitation. Send that one again, or withdraw it first.'
  return new ServiceError('id_taken', message, [{ field: '/email', rule: 'unique', message }])
}

/** The error `invitation_limit`: the account has `maxOpenInvitations` open invitations. */
export function tooManyInvitations(): ServiceError {
  return new ServiceError(
    'invitation_limit',
    `An account has at most ${maxOpenInvitations} open invitations. Withdraw some first.`,
  )
}
