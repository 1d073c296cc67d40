import { maxEntriesPerKey } from '../../domain/limits.ts'
import { entryFaults } from '../../domain/network/allow-list.ts'
import { type Fault, ServiceError } from '../../errors.ts'
import { allowListNameIndex } from '../../store/allow-lists.ts'
import { violates } from '../../store/faults.ts'
import { nameSkeletonIndexes } from '../../store/name-skeletons.ts'
import { idLikeFaults } from '../roles/validate-role.ts'
import { descriptionFaults, looksTaken, nameFaults } from '../validate-text.ts'

/** The values of an allow list in a request. */
export interface AllowListRequest {
  readonly name: string
  readonly description: string
  readonly entries: readonly string[]
}

/** Every fault of the request, entry by entry. */
export function allowListFaults(request: AllowListRequest): Fault[] {
  return [
    ...nameFaults('/name', request.name),
    ...idLikeFaults('/name', request.name),
    ...descriptionFaults('/description', request.description),
    ...entryFaults(request.entries).map(({ index, rule, message }) => ({
      field: `/entries/${index}`,
      rule,
      message,
    })),
  ]
}

/** The fault of a change after which the lists of a key would have `entries` entries together. */
export function tooManyEntries(field: string, entries: number): Fault {
  return {
    field,
    rule: 'max_entries',
    message: `The allow lists of a key must have at most ${maxEntriesPerKey} entries together; with this change a key would have ${entries}.`,
  }
}

/** Throws `name_taken` for a violation of the unique index on list names. */
export function refuseTakenName(error: unknown): never {
  if (violates(error, nameSkeletonIndexes.allow_list)) throw looksTaken('allow list')
  if (!violates(error, allowListNameIndex)) throw error
  throw new ServiceError('name_taken', 'Another allow list of the account has this name.', [
    { field: '/name', rule: 'unique', message: 'Another allow list of the account has this name.' },
  ])
}
