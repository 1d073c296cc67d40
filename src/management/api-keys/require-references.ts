import { maxEntriesPerKey } from '../../domain/limits.ts'
import { isUuid } from '../../domain/uuid.ts'
import { type Fault, invalidRequest, ServiceError } from '../../errors.ts'
import { countEntriesOfLists } from '../../store/allow-list-uses.ts'
import { allowListUseConstraint } from '../../store/allow-lists.ts'
import { keyNameIndex } from '../../store/api-keys.ts'
import type { StoreTransaction } from '../../store/database.ts'
import { violates } from '../../store/faults.ts'
import { nameSkeletonIndexes } from '../../store/name-skeletons.ts'
import { findRoleWithEffects, type RoleWithEffects, roleUseConstraint } from '../../store/roles.ts'
import { tooManyEntries } from '../allow-lists/validate-allow-list.ts'
import { looksTaken } from '../validate-text.ts'

/**
 * The role and the allow lists of a key to be. The role is an id if it parses as a UUID, else a
 * name.
 */
export interface References {
  readonly role: string
  readonly allowListIds: readonly string[]
}

/**
 * The role, if the account has the role and all the lists, and the lists do not have too many
 * entries together. `boundListIds` are the lists that the key has now. Throws `invalid_request`
 * with every fault.
 */
export async function requireRoleAndLists(
  trx: StoreTransaction,
  accountId: string,
  wanted: References,
  boundListIds: readonly string[] = [],
): Promise<RoleWithEffects> {
  const by = isUuid(wanted.role) ? { id: wanted.role } : { name: wanted.role }
  const role = await findRoleWithEffects(trx, accountId, by)
  const existing = await countEntriesOfLists(trx, accountId, wanted.allowListIds)
  const faults = wanted.allowListIds.flatMap((listId, index) =>
    existing.has(listId) ? [] : [unknownAllowList(index)],
  )
  if (role === undefined) faults.unshift(unknownRole)
  if (role === undefined || faults.length > 0) throw invalidRequest(faults)
  const entries = sumOf(existing)
  if (entries <= maxEntriesPerKey) return role
  const bound = await countEntriesOfLists(trx, accountId, boundListIds)
  if (entries > sumOf(bound)) throw invalidRequest([tooManyEntries('/allow_list_ids', entries)])
  return role
}

function sumOf(entries: ReadonlyMap<string, number>): number {
  return [...entries.values()].reduce((sum, count) => sum + count, 0)
}

/** A lone surrogate would reach the database as U+FFFD, which is another name. */
export function roleFaults(role: string): Fault[] {
  return role.isWellFormed() ? [] : [unknownRole]
}

/**
 * The error for a constraint that a key violates; a role or a list may have been deleted a moment
 * ago.
 */
export function refusalOf(error: unknown): ServiceError | undefined {
  if (violates(error, keyNameIndex)) {
    const message = 'Another key of the account has this name. It may be disabled.'
    return new ServiceError('name_taken', message, [
      {
        field: '/name',
        rule: 'unique',
        message:
          'Another key of the account that is neither revoked nor expired has this name. It may be disabled.',
      },
    ])
  }
  if (violates(error, nameSkeletonIndexes.api_key)) return looksTaken('key')
  if (violates(error, roleUseConstraint)) return invalidRequest([unknownRole])
  if (violates(error, allowListUseConstraint)) return invalidRequest([unknownAllowList()])
  return undefined
}

export const unknownRole: Fault = {
  field: '/role',
  rule: 'exists',
  message: 'The role does not exist in the account: write the id or the name of one of its roles.',
}

function unknownAllowList(index?: number): Fault {
  return {
    field: index === undefined ? '/allow_list_ids' : `/allow_list_ids/${index}`,
    rule: 'exists',
    message:
      'The allow list does not exist in the account: write the id of one of its allow lists.',
  }
}
