import { type Acted, act, nothingChanged } from '../../acts/act.ts'
import type { ActDeps } from '../../acts/deps.ts'
import type { AuditDraft } from '../../domain/audit/audit-event.ts'
import type { ProviderLogout } from '../../domain/person/provider-logout.ts'
import { system } from '../../domain/principal.ts'
import { recordLogoutToken } from '../../store/logout-tokens.ts'
import {
  findProviderSessions,
  lockProviderSessions,
  type ProviderSession,
} from '../../store/provider-sessions.ts'
import { endSessions, setEndedRevision } from '../../store/sessions.ts'

/** What a logout by a provider came to. */
export type ProviderLogoutOutcome =
  | { readonly kind: 'ended'; readonly sessionIds: readonly string[] }
  /** The logout token was received before. */
  | { readonly kind: 'repeated' }

/**
 * Ends the sessions that a provider asks to end, in every account, by one act with one revision.
 * The token counts once: its record and the ends commit together, so that a token whose act failed
 * may be sent again. The author is the service: a provider is no user of an account.
 */
export async function endSessionsByProvider(
  deps: ActDeps,
  logout: ProviderLogout,
): Promise<ProviderLogoutOutcome> {
  let ids: readonly string[] = []
  const { result } = await act(
    deps,
    system,
    { seal: (trx, committed) => setEndedRevision(trx, 'user', ids, committed) },
    async ({ trx, changed }): Promise<Acted<ProviderLogoutOutcome>> => {
      if (!(await recordLogoutToken(trx, logout))) return nothingChanged({ kind: 'repeated' })
      const now = deps.now()
      const found = await findProviderSessions(trx, logout, now)
      const sessions = await lockProviderSessions(trx, found, now)
      ids = sessions.map(({ id }) => id)
      if (ids.length === 0) return nothingChanged({ kind: 'ended', sessionIds: ids })
      await endSessions(trx, 'user', ids, now)
      // One change for each person: there may be many sessions.
      for (const id of new Set(sessions.map(({ personId }) => personId))) {
        changed({ kind: 'user', id })
      }
      const events = sessions.map((session) => sessionEnded(session, now))
      return { result: { kind: 'ended', sessionIds: ids }, events }
    },
  )
  return result
}

function sessionEnded({ id, accountId }: ProviderSession, at: Date): AuditDraft {
  return {
    accountId,
    action: 'session.ended',
    resource: { type: 'session', id, name: null },
    before: { ended_at: null },
    after: { ended_at: at.toISOString(), ended_by: 'provider' },
  }
}
