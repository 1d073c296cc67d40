import { findEarlier, type IdempotentRequest } from '../../acts/idempotency.ts'
import type { ApiKey, CredentialRef } from '../../domain/key/api-key.ts'
import {
  planRotation,
  type RequestedRotation,
  type RotationPlan,
} from '../../domain/key/rotation.ts'
import type { CallerPrincipal } from '../../domain/principal.ts'
import type { Rights } from '../../domain/rights.ts'
import { type Fault, invalidRequest, notFound, ServiceError } from '../../errors.ts'
import { setExpiry } from '../../store/api-key-updates.ts'
import { findApiKey } from '../../store/api-keys.ts'
import { findOrProveAbsence } from '../../store/committed-read.ts'
import { insertCredential } from '../../store/credentials.ts'
import type { StoreTransaction } from '../../store/database.ts'
import { endCredentials, lockLiveCredentials, setCredentialEnd } from '../../store/rotations.ts'
import type { ManagementDeps } from '../deps.ts'
import { type ChangedKey, changeApiKey } from './change-api-key.ts'
import { requireKeyId } from './key-id.ts'
import { type Minted, mintToken } from './mint.ts'
import { expiryFaults, requireUnexpired, requireUnrevoked } from './require-not-ended.ts'

export interface RotationRequest extends Omit<RequestedRotation, 'askedByGeneration'> {
  /** A new expiry of the key; null: never. */
  readonly expiresAt?: Date | null
}

export interface RotatedKey extends ChangedKey {
  readonly generation: number
  /** Shown once, and stored nowhere. Null for a repeat: the first request returned the token. */
  readonly token: string | null
  /** When the previous token ends, if that is in the future. */
  readonly effectiveAt: Date | null
}

/** Who may rotate a key. */
export interface RotationTerms {
  /** The route of the request, by which its repeats are recognized. */
  readonly route: 'rotate' | 'rotate_self'
  readonly permission: string
  /** See AuthorizedTerms. */
  readonly isSensitive?: true
  readonly askedByGeneration: number | undefined
  /** Throws `escalation` unless the author may give the key a new token and this expiry. */
  readonly requireRights: (
    trx: StoreTransaction,
    key: ApiKey,
    author: Rights,
    expiresAt: Date | null,
  ) => Promise<void>
}

/**
 * Gives a key a new token, and ends the previous one, now or later. Throws `invalid_request`,
 * `not_found`, `key_revoked`, `key_expired`, `escalation`, `rotation_in_progress`,
 * `generation_mismatch`, `generation_used`, `idempotency_key_reused`.
 */
export async function rotateKey(
  deps: ManagementDeps,
  principal: CallerPrincipal,
  accountId: string,
  idOrHint: string,
  request: RotationRequest,
  terms: RotationTerms,
  idempotent: IdempotentRequest | undefined,
): Promise<RotatedKey> {
  const id = requireKeyId(idOrHint)
  const found = await findOrProveAbsence(deps.db, (db) => findApiKey(db, id, accountId))
  if (found === undefined) throw notFound('API key')
  // Argon2 runs before any row is locked.
  const minted = await mintToken(deps, found)
  let effectiveAt: Date | null = null
  let earlier: CredentialRef | undefined
  const changed = await changeApiKey(deps, principal, accountId, id, {
    permission: terms.permission,
    isSensitive: terms.isSensitive,
    action: 'api_key.rotated',
    reason: null,
    perform: async ({ trx, author }, key) => {
      const now = deps.now()
      const made = { apiKeyId: key.id, generation: key.generation + 1 }
      const route = `${terms.route} ${key.id}`
      earlier =
        idempotent && (await findEarlier(trx, principal, { ...idempotent, accountId, route }, made))
      if (earlier !== undefined) {
        await terms.requireRights(trx, key, author, key.expiresAt)
        return false
      }
      requireUnrevoked(key)
      await requireUnexpired(trx, key, now)
      const expiresAt = request.expiresAt === undefined ? key.expiresAt : request.expiresAt
      await terms.requireRights(trx, key, author, expiresAt)
      const plan = await requirePlan(trx, key, { ...request, ...terms }, now)
      const faults = faultsOf(request, expiresAt, plan, now)
      if (faults.length > 0) throw invalidRequest(faults)
      if (request.expiresAt !== undefined) await setExpiry(trx, key.id, expiresAt)
      await carryOut(trx, plan, minted, now)
      effectiveAt = plan.overlap?.endsAt ?? null
      return true
    },
  })
  if (earlier !== undefined) return { ...changed, ...replayOf(earlier) }
  return { ...changed, generation: changed.apiKey.generation, token: minted.token, effectiveAt }
}

function replayOf({
  generation,
}: CredentialRef): Pick<RotatedKey, 'generation' | 'token' | 'effectiveAt'> {
  return { generation, token: null, effectiveAt: null }
}

async function requirePlan(
  trx: StoreTransaction,
  key: ApiKey,
  requested: RequestedRotation,
  now: Date,
): Promise<RotationPlan> {
  const [newest, ...older] = await lockLiveCredentials(trx, key.id)
  if (newest === undefined) throw new Error('A key has no credential.')
  const plan = planRotation(newest, older, requested, now)
  if (plan.kind === 'plan') return plan
  switch (plan.refusal) {
    case 'generation_mismatch':
      throw new ServiceError(
        plan.refusal,
        'The newest token has another generation than if_generation.',
      )
    case 'generation_used':
      throw new ServiceError(plan.refusal, 'The token of if_generation has been used.')
    case 'rotation_in_progress':
      throw new ServiceError(
        plan.refusal,
        'The overlap of an earlier rotation is in progress. Wait for its end, or set end_overlap to true.',
      )
    case 'not_newest':
      throw new ServiceError('escalation', 'Only the newest token of the key may end the overlap.')
  }
}

function faultsOf(
  request: RotationRequest,
  expiresAt: Date | null,
  { overlap }: RotationPlan,
  now: Date,
): Fault[] {
  const faults = request.expiresAt === undefined ? [] : expiryFaults(expiresAt, now)
  if (overlap === null || expiresAt === null || overlap.endsAt <= expiresAt) return faults
  const message = 'The overlap must end before the key expires.'
  return [...faults, { field: '/overlap_seconds', rule: 'before_expiry', message }]
}

async function carryOut(
  trx: StoreTransaction,
  plan: RotationPlan,
  { credential }: Minted,
  now: Date,
): Promise<void> {
  const { apiKeyId } = credential
  await endCredentials(trx, apiKeyId, plan.ends, now)
  if (plan.overlap !== null) {
    await setCredentialEnd(trx, apiKeyId, plan.overlap.generation, plan.overlap.endsAt)
  }
  await insertCredential(trx, {
    ...credential,
    generation: plan.generation,
    createdAt: now,
    retiresOlderAfterSeconds: plan.retiresOlderAfterSeconds,
  })
}
