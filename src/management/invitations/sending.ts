import type { AuthorizedTerms } from '../../acts/act.ts'
import { invitationLifetimeMs } from '../../domain/invitation/invitation.ts'
import { actorOf, type CallerPrincipal } from '../../domain/principal.ts'
import { formatConsoleSecret } from '../../domain/session/console-secret.ts'
import type { Sending } from '../../store/invitations.ts'
import type { ManagementDeps } from '../deps.ts'
import { ownerOf } from '../sessions/owner.ts'
import { hashOfSecret } from '../sessions/start.ts'

export interface NewSending extends Sending {
  /** Goes into the link, and is stored nowhere. */
  readonly secret: string
}

/** A new link of an invitation by a caller, and until when it works. */
export function newSending(
  deps: Pick<ManagementDeps, 'keyring' | 'now' | 'randomBytes'>,
  principal: CallerPrincipal,
  invitationId: string,
): NewSending {
  const sentAt = deps.now()
  const { text: secret } = formatConsoleSecret('invitation', {
    id: invitationId,
    secret: deps.randomBytes(32),
    tagKey: deps.keyring.signing,
  })
  return {
    secret,
    inviter: ownerOf(principal),
    invitedBy: actorOf(principal),
    hash: hashOfSecret(secret),
    sentAt,
    expiresAt: new Date(sentAt.getTime() + invitationLifetimeMs),
  }
}

/**
 * The terms of every act on invitations. The exclusive lock of the account lets one at a time judge
 * which invitations are open, and none while a role of the account changes or goes.
 */
export function invitingTerms(accountId: string): AuthorizedTerms {
  return { permission: 'account_user:invite', lock: { mode: 'exclusive', accountId } }
}
