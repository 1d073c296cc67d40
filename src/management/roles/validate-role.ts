import type { Grant, Grantor } from '../../domain/grant.ts'
import type { EffectivePermissions } from '../../domain/permission.ts'
import { type Catalogue, effectivePermissions } from '../../domain/permission.ts'
import { builtInRoleLike } from '../../domain/role.ts'
import { isUuid } from '../../domain/uuid.ts'
import { type Fault, invalidRequest, ServiceError } from '../../errors.ts'
import { violates } from '../../store/faults.ts'
import { nameSkeletonIndexes } from '../../store/name-skeletons.ts'
import { type RoleValues, roleNameIndex } from '../../store/roles.ts'
import { descriptionFaults, looksTaken, nameFaults } from '../validate-text.ts'

/** The values of a role in a request. */
export interface RoleRequest {
  readonly name: string
  readonly description: string
  readonly permissions: readonly string[]
}

/** Validates a role against the catalogue. Throws `invalid_request` with every fault. */
export function validateRole(
  request: RoleRequest,
  catalogue: Catalogue,
  platform: boolean,
): RoleValues {
  const faults = [
    ...nameFaults('/name', request.name),
    ...idLikeFaults('/name', request.name),
    ...builtInLikeFaults('/name', request.name),
    ...descriptionFaults('/description', request.description),
    ...request.permissions.flatMap((name, index) =>
      permissionFaults(`/permissions/${index}`, name, catalogue, platform),
    ),
  ]
  if (faults.length > 0) throw invalidRequest(faults)
  const permissions = [...new Set(request.permissions)].sort()
  const { name, description } = request
  return {
    name,
    description,
    permissions,
    effective: effectivePermissions(catalogue, permissions),
  }
}

/** A name in the form of an id could be mistaken for an id where either is accepted. */
export function idLikeFaults(field: string, name: string): Fault[] {
  if (!isUuid(name)) return []
  return [{ field, rule: 'looks_like_id', message: 'The name must not have the form of a UUID.' }]
}

function builtInLikeFaults(field: string, name: string): Fault[] {
  const like = builtInRoleLike(name)
  if (like === undefined) return []
  const message = `The name must not look like that of the built-in role ${like}.`
  return [{ field, rule: 'looks_like_built_in', message }]
}

/** Throws `name_taken` for a violation of the unique index on role names. */
export function refuseTakenName(error: unknown): never {
  if (violates(error, nameSkeletonIndexes.role)) throw looksTaken('role')
  if (!violates(error, roleNameIndex)) throw error
  throw new ServiceError('name_taken', 'Another role of the account has this name.', [
    {
      field: '/name',
      rule: 'unique',
      message:
        'Another role of the account has this name. Names are compared without regard to case.',
    },
  ])
}

function permissionFaults(
  field: string,
  name: string,
  catalogue: Catalogue,
  platform: boolean,
): Fault[] {
  const entry = catalogue.find((candidate) => candidate.name === name)
  if (entry === undefined) {
    return [
      {
        field,
        rule: 'exists',
        message:
          'The permission catalogue does not contain this permission. GET /v1/permissions lists the catalogue.',
      },
    ]
  }
  if (entry.scope === 'platform' && !platform) {
    return [
      {
        field,
        rule: 'scope',
        message: 'Only roles of the platform account may hold this permission.',
      },
    ]
  }
  return []
}

/**
 * The grant of a role: its permissions. A role has no reach, so the grant asks for no more reach
 * than its author has.
 */
export function allOf(effective: EffectivePermissions, author: Grantor): Grant {
  return {
    permissions: [...effective.account, ...effective.platform],
    reach: author.reach,
    allowListIds: author.allowListIds,
  }
}
