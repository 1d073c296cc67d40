import { Type } from 'typebox'
import { oneOf, ref } from '../schema-tools.ts'
import { PagingMetadata } from './paging.ts'

export const keyStatuses = ['ACTIVE', 'EXPIRED', 'REVOKED'] as const

/** When it was made and last changed. */
export const EntityMetadata = Type.Object(
  { created_on: Type.String(), updated_on: Type.String() },
  { $id: 'EntityMetadata' },
)

export const ResourcePermission = Type.Object(
  {
    resource_type: Type.String({ examples: ['CLUSTER'] }),
    resource_name: Type.String(),
    operation_groups: Type.Array(
      Type.Object({
        operation_group: Type.String({ examples: ['READ'] }),
        operation_group_description: Type.String(),
      }),
    ),
  },
  { $id: 'ResourcePermissionInfo' },
)

export const ResourcePermissionData = Type.Object(
  {
    info: Type.Object({
      resource_type: Type.String(),
      resource_name: Type.String(),
      operation_groups: Type.Array(
        Type.Object({
          operation_group: Type.String(),
          operation_group_description: Type.String(),
          tags: Type.Array(Type.String(), {
            description:
              'Begins with `SENSITIVE` if a holder of the permission can change access rights.',
          }),
        }),
      ),
    }),
  },
  { $id: 'ResourcePermissionData' },
)

/** A key, as one that has a role. */
export const ApiKeyBasicInfo = Type.Object(
  { name: Type.String(), issuer: Type.String(), status: oneOf(keyStatuses) },
  { $id: 'ApiKeyBasicInfo' },
)

const permissions = Type.Array(ref(ResourcePermission))

export const RoleData = Type.Object(
  {
    spec: Type.Object({
      name: Type.String(),
      description: Type.String(),
      permissions,
    }),
    info: Type.Object({
      id: Type.String({ format: 'uuid' }),
      display_name: Type.String({ description: 'Name by which clients find the role.' }),
      account_id: Type.String({ format: 'uuid' }),
      is_active: Type.Boolean(),
      is_user_defined: Type.Boolean(),
      effective_permissions: permissions,
      users: Type.Unsafe<never[] | null>({
        type: ['array', 'null'],
        items: { type: 'object' },
        maxItems: 0,
        description: 'Empty or null: the service has no users.',
      }),
      api_keys: Type.Unsafe<{ name: string; issuer: string; status: 'ACTIVE' }[] | null>({
        type: ['array', 'null'],
        items: { $ref: 'ApiKeyBasicInfo#' },
        description: 'The newest 100 active keys with the role. Null inside a key.',
      }),
      metadata: ref(EntityMetadata),
    }),
  },
  { $id: 'RoleData' },
)

export const RoleResponse = Type.Object({ data: ref(RoleData) }, { $id: 'RoleResponse' })
export const RoleListResponse = Type.Object(
  { data: Type.Array(ref(RoleData)), _metadata: ref(PagingMetadata) },
  { $id: 'RoleListResponse' },
)
export const ResourcePermissionsResponse = Type.Object(
  { data: Type.Array(ref(ResourcePermissionData)), _metadata: ref(PagingMetadata) },
  { $id: 'ResourcePermissionsResponse' },
)
