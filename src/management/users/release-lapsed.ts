import type { Announce } from '../../acts/act.ts'
import type { StoreTransaction } from '../../store/database.ts'
import { endMemberships } from '../../store/memberships.ts'
import { lockLapsedMemberships } from '../../store/role-holders.ts'

/**
 * Takes a role from the people whose mapped time with it is over. Each is announced: an instance
 * whose clock is behind may still accept their sessions.
 */
export async function releaseLapsed(
  trx: StoreTransaction,
  { changed, now }: { readonly changed: Announce; readonly now: Date },
  role: { readonly accountId: string; readonly roleId: string },
): Promise<void> {
  const lapsed = await lockLapsedMemberships(trx, role.accountId, role.roleId)
  if (lapsed.length === 0) return
  await endMemberships(
    trx,
    lapsed.map(({ id }) => id),
    now,
  )
  for (const { personId } of lapsed) changed({ kind: 'user', id: personId })
}
