import type { CredentialRef } from '../domain/key/credential-ref.ts'
import { idempotencyHours } from '../domain/limits.ts'
import type { KeyPrincipal } from '../domain/principal.ts'
import { ServiceError } from '../errors.ts'
import type { StoreTransaction } from '../store/database.ts'
import { deleteRequests, enterRequest } from '../store/idempotent-requests.ts'
import type { ActDeps } from './deps.ts'

const keptMs = idempotencyHours * 60 * 60 * 1000
const sweepSize = 1_000
const sweepsAtOnce = 20

/** A request with an Idempotency-Key: the client may send it again. */
export interface IdempotentRequest {
  readonly idempotencyKey: string
  /** SHA-256 of the body. */
  readonly bodyDigest: string
}

/**
 * Records a request of the principal in the transaction of its act. Returns undefined for the first
 * request with this idempotency key, and for a repeat within 24 hours the credential that the first
 * request made: the act must then change nothing. Throws `idempotency_key_reused` when the body
 * differs from that of the first request.
 */
export async function findEarlier(
  trx: StoreTransaction,
  principal: KeyPrincipal,
  request: IdempotentRequest & { readonly accountId: string; readonly route: string },
  made: CredentialRef,
): Promise<CredentialRef | undefined> {
  const { key, actingUser } = principal
  const earlier = await enterRequest(
    trx,
    {
      author: actingUser === undefined ? key.id : `${key.id} ${actingUser.id}`,
      accountId: request.accountId,
      route: request.route,
      idempotencyKey: request.idempotencyKey,
    },
    { ...made, bodyDigest: request.bodyDigest },
    keptMs,
  )
  if (earlier === undefined || earlier.bodyDigest === request.bodyDigest) return earlier
  throw new ServiceError(
    'idempotency_key_reused',
    'The Idempotency-Key was already used with a different body.',
    [
      {
        field: '/idempotency-key',
        rule: 'same_body',
        message: 'The Idempotency-Key must be new, or the body equal to that of the first request.',
      },
    ],
  )
}

/** Deletes expired records, a bounded number so that no sweep takes long. Returns how many. */
export async function pruneIdempotentRequests(deps: Pick<ActDeps, 'db'>): Promise<number> {
  let forgotten = 0
  for (let sweep = 0; sweep < sweepsAtOnce; sweep += 1) {
    const deleted = await deleteRequests(deps.db, keptMs, sweepSize)
    forgotten += deleted
    if (deleted < sweepSize) break
  }
  return forgotten
}
