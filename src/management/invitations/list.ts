import type { Invitation } from '../../domain/invitation/invitation.ts'
import type { Page, PageRequest } from '../../domain/page.ts'
import { listInvitations as listStored } from '../../store/invitations.ts'
import type { ManagementDeps } from '../deps.ts'

/** A page of the account's invitations that are neither redeemed nor withdrawn. */
export function listInvitations(
  deps: Pick<ManagementDeps, 'longReads'>,
  accountId: string,
  page: PageRequest,
): Promise<Page<Invitation>> {
  return deps.longReads.run((db) => listStored(db, accountId, page))
}
