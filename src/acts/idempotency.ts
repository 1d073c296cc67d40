import type { CredentialRef } from '../domain/key/api-key.ts'
import { idempotencyHours } from '../domain/limits.ts'
import { type CallerPrincipal, rightsOf } from '../domain/principal.ts'
import { ServiceError } from '../errors.ts'
import type { StoreTransaction } from '../store/database.ts'
import { deleteRequests, enterRequest, type RequestName } from '../store/idempotent-requests.ts'
import { enterUserRequest, type ResourceRecord } from '../store/user-requests.ts'
import type { ActDeps } from './deps.ts'

const keptMs = idempotencyHours * 60 * 60 * 1000
const sweepSize = 1_000
const sweepsAtOnce = 20

/** What a request created, or what an equal request created before. */
export interface Created<T> {
  readonly value: T
  readonly isRepeat: boolean
}

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
  principal: CallerPrincipal,
  request: IdempotentRequest & { readonly accountId: string; readonly route: string },
  made: CredentialRef,
): Promise<CredentialRef | undefined> {
  const { accountId, route, idempotencyKey, bodyDigest } = request
  const name = { author: authorOf(principal), accountId, route, idempotencyKey }
  const earlier = await enterRequest(trx, name, { ...made, bodyDigest }, keptMs)
  if (earlier === undefined || earlier.bodyDigest === bodyDigest) return earlier
  throw reused()
}

/**
 * The same for a request that creates a resource of another kind, `route` of `accountId`: returns
 * the id of the resource that the first request created. The record of a key has columns for a
 * credential only: it names that of the author, and holds the id of the resource beside the digest.
 */
export async function findEarlierResource(
  trx: StoreTransaction,
  principal: CallerPrincipal,
  request: IdempotentRequest & { readonly accountId?: string; readonly route: string },
  resourceId: string,
): Promise<string | undefined> {
  const { idempotencyKey, bodyDigest } = request
  const { accountId } = rightsOf(principal)
  const route =
    request.accountId === undefined ? request.route : `${request.route} ${request.accountId}`
  const name = { author: authorOf(principal), accountId, route, idempotencyKey }
  const earlier =
    principal.kind === 'key'
      ? await enterOfKey(trx, name, { apiKeyId: principal.key.id, bodyDigest, resourceId })
      : await enterUserRequest(trx, name, { bodyDigest, resourceId }, keptMs)
  if (earlier === undefined) return undefined
  if (earlier.bodyDigest === bodyDigest) return earlier.resourceId
  throw reused()
}

async function enterOfKey(
  trx: StoreTransaction,
  name: RequestName,
  { apiKeyId, bodyDigest, resourceId }: ResourceRecord & { readonly apiKeyId: string },
): Promise<ResourceRecord | undefined> {
  const record = { apiKeyId, generation: 1, bodyDigest: `${bodyDigest} ${resourceId}` }
  const earlier = await enterRequest(trx, name, record, keptMs)
  if (earlier === undefined) return undefined
  const [digest = '', earlierId = ''] = earlier.bodyDigest.split(' ')
  return { bodyDigest: digest, resourceId: earlierId }
}

function authorOf(principal: CallerPrincipal): string {
  const { id } = rightsOf(principal)
  const actingUser = principal.kind === 'key' ? principal.actingUser : undefined
  return actingUser === undefined ? id : `${id} ${actingUser.id}`
}

function reused(): ServiceError {
  return new ServiceError(
    'idempotency_key_reused',
    'The Idempotency-Key was already used with a different body.',
    [
      {
        in: 'header',
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
    const ofUsers = await deleteRequests(deps.db, 'user_request', keptMs, sweepSize)
    const deleted =
      ofUsers + (await deleteRequests(deps.db, 'idempotent_request', keptMs, sweepSize))
    forgotten += deleted
    if (deleted < sweepSize) break
  }
  return forgotten
}
