import { type Fault, invalidRequest } from '../../../errors.ts'
import type { NamedEntry } from '../shapes/permission.ts'
import type { ResourcePermissionInfo } from '../shapes/permission-schemas.ts'

/**
 * The permissions of the service that a body names. Throws `invalid_request` with every permission
 * that the catalogue does not have, and with every resource type that is named again: the answer
 * has one entry for each type, and Terraform calls an answer inconsistent that has fewer entries
 * than its configuration, after it has created the role.
 */
export function parsePermissions(
  entries: readonly NamedEntry[],
  wanted: readonly ResourcePermissionInfo[],
): string[] {
  const faults: Fault[] = repeatedTypes(wanted)
  const names = wanted.flatMap(({ resource_type: type, operation_groups: groups }, place) =>
    groups.flatMap(({ operation_group: group }, index) => {
      const found = entries.filter(
        ({ aeon }) => aeon.resource_type === type && aeon.operation_group === group,
      )
      if (found.length === 0) faults.push(unknownPermission(place, index))
      return found.map((entry) => entry.name)
    }),
  )
  if (faults.length > 0) throw invalidRequest(faults)
  return names
}

function unknownPermission(place: number, index: number): Fault {
  return {
    field: `/permissions/${place}/operation_groups/${index}`,
    rule: 'exists',
    message:
      'The permission catalogue does not contain this permission. GET /api/public/v1/resource-permissions lists the catalogue.',
  }
}

function repeatedTypes(wanted: readonly ResourcePermissionInfo[]): Fault[] {
  const types = wanted.map((entry) => entry.resource_type)
  return [...types.entries()]
    .filter(([place, type]) => types.indexOf(type) < place)
    .map(([place]) => ({
      field: `/permissions/${place}/resource_type`,
      rule: 'unique',
      message:
        'An earlier entry has the same resource type. Write all operation groups of a resource type in one entry.',
    }))
}
