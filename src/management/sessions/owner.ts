import type { CallerPrincipal, SessionRef } from '../../domain/principal.ts'
import type { SessionOwner } from '../../domain/session/session.ts'
import { notFound } from '../../errors.ts'
import { lockKeyFacts } from '../../store/credentials.ts'
import type { StoreTransaction } from '../../store/database.ts'
import { lockUserFacts } from '../../store/memberships.ts'

/** The session by which the principal acts. Throws `not_found` if it presented a token. */
export function requireSession({ session }: Pick<CallerPrincipal, 'session'>): SessionRef {
  if (session === undefined) throw notFound('session')
  return session
}

/** Whose sessions a caller has: those of its key, or of the person in the account. */
export function ownerOf(principal: CallerPrincipal): SessionOwner {
  switch (principal.kind) {
    case 'key': {
      const { id: apiKeyId, generation } = principal.key
      return { kind: 'key', apiKeyId, generation }
    }
    case 'user':
      return { kind: 'user', membershipId: principal.user.membershipId }
  }
}

/** Shares the rows of an owner, before its sessions: the order of every act. */
export async function lockOwnerShared(trx: StoreTransaction, owner: SessionOwner): Promise<void> {
  switch (owner.kind) {
    case 'key':
      await lockKeyFacts(trx, owner.apiKeyId, owner.generation)
      return
    case 'user':
      await lockUserFacts(trx, owner.membershipId)
  }
}
