import { type Static, Type } from 'typebox'
import { maxOperationGroups } from '../../../domain/limits.ts'
import builtIn from '../../../domain/permissions.aeon.json' with { type: 'json' }
import service from '../../../domain/permissions.service.json' with { type: 'json' }
import { closed, ref } from '../../schema-tools.ts'
import { knownValues } from '../document-form.ts'

const names = [...builtIn.permissions, ...service.permissions].flatMap(({ aeon }) => aeon ?? [])
const form = '^[A-Z][A-Z0-9_]{0,62}$'

export const ResourceTypeEnum = Type.Unsafe<string>({
  type: 'string',
  pattern: form,
  ...knownValues([...new Set(names.map((name) => name.resource_type))].sort()),
  $id: 'ResourceTypeEnum',
  description: 'Type of a resource in the permission catalogue.',
})

export const ResourceOperationGroupEnum = Type.Unsafe<string>({
  type: 'string',
  pattern: form,
  ...knownValues([...new Set(names.map((name) => name.operation_group))].sort()),
  $id: 'ResourceOperationGroupEnum',
  description: 'Operation group of a resource type in the permission catalogue.',
})

/** Bodies accept the descriptions of the catalogue too: clients send back what they received. */
export const ResourceOperationGroup = Type.Object(
  {
    operation_group: ref(ResourceOperationGroupEnum),
    operation_group_description: Type.Optional(
      Type.String({ description: 'What the operations do. Ignored in a request.' }),
    ),
    tags: Type.Optional(
      Type.Array(Type.String(), {
        description:
          'In the catalogue: begins with `SENSITIVE` if a holder of the permission can change access rights. Ignored in a request.',
      }),
    ),
  },
  { $id: 'ResourceOperationGroup', description: 'Operations on one resource type.', ...closed },
)

export const ResourcePermissionInfo = Type.Object(
  {
    resource_type: ref(ResourceTypeEnum),
    resource_name: Type.Optional(
      Type.String({ description: 'Display name of the resource type. Ignored in a request.' }),
    ),
    operation_groups: Type.Array(ref(ResourceOperationGroup), {
      minItems: 1,
      maxItems: maxOperationGroups,
      description: 'The operation groups of the resource type.',
    }),
  },
  {
    $id: 'ResourcePermissionInfo',
    description: 'Permissions on one resource type.',
    ...closed,
  },
)

export type ResourcePermissionInfo = Static<typeof ResourcePermissionInfo>

export const ResourcePermissionsData = Type.Object(
  { info: ref(ResourcePermissionInfo) },
  { $id: 'ResourcePermissionsData', description: 'An entry of the permission catalogue.' },
)
