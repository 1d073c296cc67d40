import { entryFaults } from '../../domain/network/allow-list.ts'
import { type Fault, ServiceError } from '../../errors.ts'
import { allowListNameIndex } from '../../store/allow-lists.ts'
import { violates } from '../../store/faults.ts'
import { nameSkeletonIndexes } from '../../store/name-skeletons.ts'
import { looksTaken } from '../name-refusals.ts'
import { idLikeFaults } from '../roles/validate-role.ts'
import { descriptionFaults, nameFaults } from '../validate-text.ts'

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

/** Throws `name_taken` for a violation of the unique index on list names. */
export function refuseTakenName(error: unknown): never {
  if (violates(error, nameSkeletonIndexes.allow_list)) throw looksTaken('allow list')
  if (!violates(error, allowListNameIndex)) throw error
  throw new ServiceError('name_taken', 'Another allow list of the account has this name.', [
    { field: '/name', rule: 'unique', message: 'Another allow list of the account has this name.' },
  ])
}
