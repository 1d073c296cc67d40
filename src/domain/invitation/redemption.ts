import type { Profile } from '../person/person.ts'
import { foldEmail } from './email-address.ts'
import { type Invitation, statusOfInvitation } from './invitation.ts'

/**
 * Why an invitation was not redeemed:
 * - `unknown`: no link of this service, or one of long ago;
 * - `replaced`: the invitation was sent again, by another link;
 * - `unverified`, `other_address`: the provider did not verify the address, or another one;
 * - `void`: who invited may not give the role any more.
 */
export type RedemptionRefusal =
  | 'unknown'
  | 'replaced'
  | 'redeemed'
  | 'withdrawn'
  | 'expired'
  | 'unverified'
  | 'other_address'
  | 'void'

/** Why a person cannot redeem an invitation; undefined: at most the inviter is against it. */
export function refusalOfRedemption(
  invitation: Invitation,
  { email, emailVerified }: Profile,
  now: Date,
): RedemptionRefusal | undefined {
  const status = statusOfInvitation(invitation, now)
  if (status !== 'open') return status
  if (email === null || !emailVerified) return 'unverified'
  return foldEmail(email) === foldEmail(invitation.email) ? undefined : 'other_address'
}
