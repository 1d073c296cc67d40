import type { ActDeps } from '../../acts/deps.ts'
import type { ApiKey, Reach } from '../../domain/key/api-key.ts'
import type { KeyRights } from '../../domain/key/key-rights.ts'
import { isSameMetadata, type Metadata } from '../../domain/key/metadata.ts'
import type { CallerPrincipal } from '../../domain/principal.ts'
import type { Rights } from '../../domain/rights.ts'
import { changedSince, type Fault, invalidRequest } from '../../errors.ts'
import { updateApiKey as updateStored } from '../../store/api-key-updates.ts'
import type { StoreTransaction } from '../../store/database.ts'
import { findRoleWithEffects } from '../../store/roles.ts'
import { descriptionFaults, metadataFaults, nameFaults } from '../validate-text.ts'
import { type ChangedKey, changeApiKey } from './change-api-key.ts'
import { requireMayChange } from './change-rules.ts'
import { releaseExpired } from './release-expired.ts'
import { expiryFaults, requireUnexpired, requireUnrevoked } from './require-not-ended.ts'
import { refusalOf, requireRoleAndLists, roleFaults } from './require-references.ts'

/** The fields to change; absent ones stay. */
export interface KeyPatch {
  readonly name?: string
  readonly description?: string
  /** An id if it parses as a UUID, else a name. */
  readonly role?: string
  readonly reach?: Reach
  /** Not empty: `reach` says that a key is usable from anywhere. */
  readonly allowListIds?: readonly string[]
  /** Null: never. */
  readonly expiresAt?: Date | null
  readonly metadata?: Metadata
}

/** Whether a key still is as the author of a change saw it. */
export type Expectation = (key: ApiKey) => boolean

/**
 * Changes the given fields of a key, if the key still is as its author saw it. An author who gives
 * the key anything new must hold all permissions that the key has before and after; an earlier
 * expiry requires the permission to revoke; and no key changes its own role, reach or expiry.
 * Throws `invalid_request`, `not_found`, `key_revoked`, `key_expired`, `precondition_failed`,
 * `permission_denied`, `escalation`, `name_taken`.
 */
export async function updateApiKey(
  deps: ActDeps,
  principal: CallerPrincipal,
  accountId: string,
  idOrHint: string,
  isExpected: Expectation,
  patch: KeyPatch,
): Promise<ChangedKey> {
  const faults = faultsOf(patch, deps.now())
  if (faults.length > 0) throw invalidRequest(faults)
  return changeApiKey(deps, principal, accountId, idOrHint, {
    permission: 'api_key:update',
    action: 'api_key.updated',
    reason: null,
    perform: async ({ trx, author, changed }, key) => {
      requireUnrevoked(key)
      if (!isExpected(key)) throw changedSince('key')
      if (patch.expiresAt !== undefined) await requireUnexpired(trx, key, deps.now())
      const after = await valuesAfter(trx, key, author, patch)
      if (isSame(key, after)) return false
      if (after.name !== key.name) {
        await releaseExpired(trx, changed, accountId, { name: after.name })
      }
      await updateStored(trx, key.id, after).catch((error: unknown) => {
        throw refusalOf(error) ?? error
      })
      return true
    },
  })
}

function faultsOf(patch: KeyPatch, now: Date): Fault[] {
  return [
    ...(patch.name === undefined ? [] : nameFaults('/name', patch.name)),
    ...(patch.description === undefined
      ? []
      : descriptionFaults('/description', patch.description)),
    ...(patch.role === undefined ? [] : roleFaults(patch.role)),
    ...(patch.expiresAt === undefined ? [] : expiryFaults(patch.expiresAt, now)),
    ...(patch.metadata === undefined ? [] : metadataFaults('/metadata', patch.metadata)),
    ...reachFaults(patch),
  ]
}

/** The absence of lists never means `anywhere`, and a list always restricts. */
function reachFaults({ reach, allowListIds }: KeyPatch): Fault[] {
  if (reach !== 'anywhere' || allowListIds === undefined) return []
  const message = 'allow_list_ids must be absent if reach is anywhere.'
  return [{ field: '/allow_list_ids', rule: 'contradiction', message }]
}

type Values = KeyRights & Pick<ApiKey, 'name' | 'description' | 'metadata'>

/** The values of the key after the change, if its author may change it so. */
async function valuesAfter(
  trx: StoreTransaction,
  key: ApiKey,
  author: Rights,
  patch: KeyPatch,
): Promise<Values> {
  const before = await findRoleWithEffects(trx, key.accountId, { id: key.role.id })
  const refersAnew = patch.role !== undefined || patch.allowListIds !== undefined
  const role = refersAnew
    ? await requireRoleAndLists(
        trx,
        key.accountId,
        {
          role: patch.role ?? key.role.id,
          allowListIds: patch.allowListIds ?? [],
        },
        key.allowListIds,
      )
    : before
  const after: Values = {
    name: patch.name ?? key.name,
    description: patch.description ?? key.description,
    metadata: patch.metadata ?? key.metadata,
    roleId: role?.id ?? key.role.id,
    ...reachAfter(key, patch),
    expiresAt: patch.expiresAt === undefined ? key.expiresAt : patch.expiresAt,
  }
  requireMayChange(author, key, {
    before: { ...key, roleId: key.role.id },
    after,
    permissionsBefore: before?.effective ?? [],
    permissionsAfter: role?.effective ?? [],
  })
  return after
}

function reachAfter(
  key: ApiKey,
  { reach, allowListIds }: KeyPatch,
): Pick<Values, 'reach' | 'allowListIds'> {
  if (reach === 'anywhere') return { reach, allowListIds: [] }
  if (allowListIds !== undefined) {
    return { reach: 'allow_lists', allowListIds: [...new Set(allowListIds)].sort() }
  }
  if (reach === undefined || reach === key.reach) {
    return { reach: key.reach, allowListIds: key.allowListIds }
  }
  const message = 'allow_list_ids is required if reach is allow_lists.'
  throw invalidRequest([{ field: '/allow_list_ids', rule: 'required', message }])
}

function isSame(key: ApiKey, after: Values): boolean {
  return (
    after.name === key.name &&
    after.description === key.description &&
    after.roleId === key.role.id &&
    after.reach === key.reach &&
    after.allowListIds.join() === key.allowListIds.join() &&
    after.expiresAt?.getTime() === key.expiresAt?.getTime() &&
    isSameMetadata(after.metadata, key.metadata)
  )
}
