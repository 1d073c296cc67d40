import { type Static, Type } from 'typebox'
import { maxOperationGroups } from '../../../domain/limits.ts'
import { type Fault, invalidRequest } from '../../../errors.ts'
import { closed } from '../../schema-tools.ts'
import type { NamedEntry } from '../shapes/permission.ts'

const enumName = Type.String({ pattern: '^[A-Z][A-Z0-9_]{0,62}$' })

/** Accepts the descriptions of the catalogue too: clients send back what they received. */
export const RolePermissionSpec = Type.Object(
  {
    resource_type: enumName,
    resource_name: Type.Optional(Type.String()),
    operation_groups: Type.Array(
      Type.Object(
        {
          operation_group: enumName,
          operation_group_description: Type.Optional(Type.String()),
          tags: Type.Optional(Type.Array(Type.String())),
        },
        closed,
      ),
      { maxItems: maxOperationGroups },
    ),
  },
  { $id: 'RolePermissionSpec', ...closed },
)

/**
 * The permissions of the service that a body names. Throws `invalid_request` with every permission
 * that the catalogue does not have.
 */
export function parsePermissions(
  entries: readonly NamedEntry[],
  wanted: readonly Static<typeof RolePermissionSpec>[],
): string[] {
  const faults: Fault[] = []
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
    message: 'The permission catalogue does not contain this permission.',
  }
}
