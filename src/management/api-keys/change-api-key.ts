import {
  type ActContext,
  type Acted,
  type AuthorizedTerms,
  type AuthorOf,
  act,
  nothingChanged,
} from '../../acts/act.ts'
import type { ActDeps } from '../../acts/deps.ts'
import type { AuditAction } from '../../domain/audit/audit-event.ts'
import { differenceOf, resourceOf, snapshotOfApiKey } from '../../domain/audit/snapshots.ts'
import type { ApiKey } from '../../domain/key/api-key.ts'
import { type Principal, rightsOf } from '../../domain/principal.ts'
import type { RevisionRef } from '../../domain/protocol/revision-ref.ts'
import { invalidRequest, notFound } from '../../errors.ts'
import { findChangedRevision, setChangedRevision } from '../../store/api-key-references.ts'
import { findApiKey, lockApiKey } from '../../store/api-keys.ts'
import { findLatestRevision } from '../../store/changes.ts'
import { lockRoleShared } from '../../store/roles.ts'
import { descriptionFaults } from '../validate-text.ts'
import { requireKeyId } from './key-id.ts'

/** An act on one key: what it requires, why it is done, and what it does to the locked key. */
export interface KeyAct<Author> {
  readonly permission: string
  /** See AuthorizedTerms. */
  readonly isSensitive?: true | undefined
  /** The action of the audit event. */
  readonly action: AuditAction
  readonly reason: string | null
  /** Performs the act. Returns whether anything changed. */
  readonly perform: (context: ActContext<Author>, key: ApiKey) => Promise<boolean>
}

export interface ChangedKey {
  readonly apiKey: ApiKey
  /**
   * The revision of this change. When nothing changed, that of the last change of the key, or the
   * latest revision if the key has none: an instance that has applied it knows the key as it is.
   */
  readonly committed: RevisionRef
}

/**
 * Performs an act on one key of the account, under the lock of its row and with the rights that the
 * principal has then. Returns the key as it is afterwards. Throws `invalid_request`, `not_found`,
 * `outcome_unknown` and what the act throws.
 */
export async function changeApiKey<P extends Principal>(
  deps: ActDeps,
  principal: P,
  accountId: string,
  idOrHint: string,
  { permission, isSensitive, action, reason, perform }: KeyAct<AuthorOf<P>>,
): Promise<ChangedKey> {
  const faults = descriptionFaults('/reason', reason ?? '')
  if (faults.length > 0) throw invalidRequest(faults)
  const id = requireKeyId(idOrHint)
  const terms: AuthorizedTerms = {
    permission,
    ...(isSensitive && { isSensitive }),
    lock: { mode: 'shared', accountId },
    lockFirst: async (trx) => {
      if (isKeyOf(principal, id)) await lockApiKey(trx, accountId, id)
    },
    seal: (trx, committed) => setChangedRevision(trx, id, committed),
  }
  const change = async (context: ActContext<AuthorOf<P>>): Promise<Acted<Outcome>> => {
    const { trx, changed } = context
    const key = await lockApiKey(trx, accountId, id)
    if (key === undefined) throw notFound('API key')
    if (!(await perform(context, key))) {
      const lastChange = (await findChangedRevision(trx, id)) ?? null
      const unchangedSince = lastChange ?? (await findLatestRevision(trx))
      return nothingChanged({ apiKey: { ...key, lastChange }, unchangedSince })
    }
    changed({ kind: 'key', id })
    const apiKey = (await findApiKey(trx, id)) ?? key
    // Sealing updates the row once more under the counter, and PostgreSQL then checks its role
    // again: an act that deletes the role must not wait for this chain meanwhile.
    await lockRoleShared(trx, apiKey.role.id)
    const event = {
      accountId,
      action,
      resource: resourceOf('api_key', apiKey),
      ...differenceOf(snapshotOfApiKey(key), snapshotOfApiKey(apiKey)),
      reason,
    }
    return { result: { apiKey, unchangedSince: undefined }, events: [event] }
  }
  const { result, committed } = await act(deps, principal, terms, change)
  const { apiKey, unchangedSince } = result
  if (unchangedSince !== undefined) return { apiKey, committed: unchangedSince }
  if (committed === undefined) throw new Error('A key was changed without a revision.')
  return { apiKey: { ...apiKey, lastChange: committed }, committed }
}

interface Outcome {
  readonly apiKey: ApiKey
  /** If nothing changed: the revision by which every instance knows the key as it is. */
  readonly unchangedSince: RevisionRef | undefined
}

function isKeyOf(principal: Principal, id: string): boolean {
  return principal.kind === 'key' && rightsOf(principal).id === id
}
