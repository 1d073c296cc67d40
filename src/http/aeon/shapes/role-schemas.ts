import { Type } from 'typebox'
import { maxPermissionsPerRole } from '../../../domain/limits.ts'
import { closed, ref } from '../../schema-tools.ts'
import { description, name } from './fields.ts'
import { ResourcePermissionInfo } from './permission-schemas.ts'

/** The request that creates a role or replaces one, and a part of the answers. */
export const RoleSpec = Type.Object(
  {
    name,
    description,
    permissions: Type.Array(ref(ResourcePermissionInfo), {
      maxItems: maxPermissionsPerRole,
      description: 'Permissions of the role, one entry for each resource type.',
    }),
  },
  {
    $id: 'RoleSpec',
    description: 'What a caller sets of a role.',
    example: {
      name: 'Cluster reader',
      permissions: [{ resource_type: 'CLUSTER', operation_groups: [{ operation_group: 'READ' }] }],
    },
    ...closed,
  },
)
