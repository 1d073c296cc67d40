import { type Static, Type } from 'typebox'
import { maxOperationGroups } from '../../../domain/limits.ts'
import builtIn from '../../../domain/permissions.aeon.json' with { type: 'json' }
import service from '../../../domain/permissions.service.json' with { type: 'json' }
import { documentedAs } from '../../documented-as.ts'
import { expected } from '../../expected-value.ts'
import { closed, ref } from '../../schema-tools.ts'

const names = [...builtIn.permissions, ...service.permissions].flatMap(({ aeon }) => aeon ?? [])
const form = '^[A-Z][A-Z0-9_]{0,62}$'

export const ResourceTypeEnum = knownName(
  'ResourceTypeEnum',
  'a resource type of the catalogue, such as CLUSTER',
  {
    description: 'Type of a resource in the permission catalogue.',
    enum: sorted(names.map((name) => name.resource_type)),
  },
)

export const ResourceOperationGroupEnum = knownName(
  'ResourceOperationGroupEnum',
  'an operation group of the catalogue, such as READ',
  {
    description: 'Operation group of a resource type in the permission catalogue.',
    enum: sorted(names.map((name) => name.operation_group)),
  },
)

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

/**
 * A name of the catalogue. The document has those of the built-in one, as a strict enum of the
 * clients; the service checks the form, since the catalogue of an operator may have more.
 */
function knownName(
  $id: string,
  words: string,
  shown: { readonly description: string; readonly enum: string[] },
) {
  const accepted = Type.String({ pattern: form, $id, ...expected(words) })
  return documentedAs(accepted, { type: 'string', ...shown })
}

function sorted(values: readonly string[]): string[] {
  return [...new Set(values)].sort()
}
