import { act } from '../../acts/act.ts'
import type { KeyPrincipal } from '../../domain/principal.ts'
import type { Session } from '../../domain/session/session.ts'
import type { StoreTransaction } from '../../store/database.ts'
import { confirmSession as confirmStored, lockSessionsOf } from '../../store/sessions.ts'
import type { SessionManagementDeps } from './deps.ts'
import { lockOwnerShared, ownerOf, requireSession } from './owner.ts'

/**
 * Records that the key of the principal's session was given again, so that sensitive acts do not
 * ask for it for a while. The caller has verified the token that was given.
 */
export async function confirmSession(
  deps: SessionManagementDeps,
  principal: KeyPrincipal,
): Promise<Session> {
  const owner = ownerOf(principal)
  const { id } = requireSession(principal)
  const terms = {
    permission: null,
    lockFirst: async (trx: StoreTransaction) => {
      await lockOwnerShared(trx, owner)
      await lockSessionsOf(trx, owner, [id])
    },
  }
  const { result } = await act(deps, principal, terms, async ({ trx }) => {
    const [session] = await lockSessionsOf(trx, owner, [id])
    if (session === undefined) throw new Error('A locked session was not found.')
    const confirmedUntil = new Date(deps.now().getTime() + deps.sessions.limits.confirmationMs)
    await confirmStored(trx, id, confirmedUntil)
    const event = {
      accountId: principal.key.accountId,
      action: 'session.confirmed',
      resource: { type: 'session', id, name: null },
      before: { confirmed_until: session.confirmedUntil.toISOString() },
      after: { confirmed_until: confirmedUntil.toISOString() },
    } as const
    return { result: { ...session, confirmedUntil }, events: [event] }
  })
  return result
}
