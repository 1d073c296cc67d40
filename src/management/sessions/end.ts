import { act, nothingChanged } from '../../acts/act.ts'
import { type CallerPrincipal, rightsOf } from '../../domain/principal.ts'
import type { RevisionRef } from '../../domain/protocol/revision-ref.ts'
import type { Session } from '../../domain/session/session.ts'
import { isUuid } from '../../domain/uuid.ts'
import { notFound } from '../../errors.ts'
import type { StoreTransaction } from '../../store/database.ts'
import { endSessions, lockSessionsOf, setEndedRevision } from '../../store/sessions.ts'
import type { SessionManagementDeps } from './deps.ts'
import { lockOwnerShared, ownerOf } from './owner.ts'

export interface EndedSession {
  readonly session: Session
  /** The revision of its end: of this act, or of an earlier one. */
  readonly committed: RevisionRef
}

/**
 * Ends a session of the principal's own key or person, on every instance. Repeating it changes
 * nothing, and returns the same revision. Throws `not_found`.
 */
export async function endSession(
  deps: SessionManagementDeps,
  principal: CallerPrincipal,
  idText: string,
): Promise<EndedSession> {
  if (!isUuid(idText)) throw notFound('session')
  const id = idText.toLowerCase()
  const owner = ownerOf(principal)
  const own = principal.session?.id ?? id
  const terms = {
    permission: null,
    // The order of every act is the owner, then sessions; and sessions in order of id.
    lockFirst: async (trx: StoreTransaction) => {
      await lockOwnerShared(trx, owner)
      await lockSessionsOf(trx, owner, [id, own])
    },
    seal: (trx: StoreTransaction, committed: RevisionRef) =>
      setEndedRevision(trx, owner.kind, [id], committed),
  }
  const { result, committed } = await act(deps, principal, terms, async ({ trx, changed }) => {
    const [session] = await lockSessionsOf(trx, owner, [id])
    if (session === undefined) throw notFound('session')
    if (session.endedAt !== null) return nothingChanged(session)
    const endedAt = deps.now()
    await endSessions(trx, owner.kind, [session.id], endedAt)
    changed({ kind: 'session', id: session.id })
    const event = {
      accountId: rightsOf(principal).accountId,
      action: 'session.ended',
      resource: { type: 'session', id: session.id, name: null },
      before: { ended_at: null },
      after: { ended_at: endedAt.toISOString() },
    } as const
    return { result: { ...session, endedAt }, events: [event] }
  })
  const revision = committed ?? result.lastChange
  if (revision === null) throw new Error('A session was ended without a revision.')
  return { session: result, committed: revision }
}
