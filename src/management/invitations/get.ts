import type { Invitation, InvitationStatus } from '../../domain/invitation/invitation.ts'
import { isUuid } from '../../domain/uuid.ts'
import { notFound, ServiceError } from '../../errors.ts'
import { findOrProveAbsence } from '../../store/committed-read.ts'
import type { StoreTransaction } from '../../store/database.ts'
import { findInvitation } from '../../store/invitations.ts'
import type { ManagementDeps } from '../deps.ts'

/** An invitation of the account, also one that has ended. Throws `not_found`. */
export async function getInvitation(
  deps: Pick<ManagementDeps, 'db'>,
  accountId: string,
  id: string,
): Promise<Invitation> {
  const invitation = isUuid(id)
    ? await findOrProveAbsence(deps.db, (db) => findInvitation(db, accountId, id))
    : undefined
  if (invitation === undefined) throw notFound('invitation')
  return invitation
}

/** The same in an act, which has the exclusive lock of the account. */
export async function requireInvitation(
  trx: StoreTransaction,
  accountId: string,
  id: string,
): Promise<Invitation> {
  const invitation = isUuid(id) ? await findInvitation(trx, accountId, id) : undefined
  if (invitation === undefined) throw notFound('invitation')
  return invitation
}

/** Throws `invitation_ended` if the invitation was redeemed or withdrawn. */
export function requireUnended(status: InvitationStatus): void {
  if (status !== 'redeemed' && status !== 'withdrawn') return
  throw new ServiceError('invitation_ended', `The invitation was ${status}. Send a new invitation.`)
}
