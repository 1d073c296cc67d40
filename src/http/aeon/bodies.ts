import { Type } from 'typebox'
import {
  maxAddressLength,
  maxAllowListsPerKey,
  maxDescriptionLength,
  maxEntriesPerAllowList,
  maxNameLength,
  maxPermissionsPerRole,
} from '../../domain/limits.ts'
import { closed, nullableString, ref } from '../schema-tools.ts'

/**
 * What the clients send: the bare spec. Unknown fields are errors, since one could be a restriction
 * that its sender counts on.
 */
const name = Type.String({ minLength: 1, maxLength: maxNameLength })
const description = Type.Optional(nullableString({ maxLength: maxDescriptionLength }))

/** A hundred years: more is a slip of the pen, and times end with the year 9999. */
const maxHours = 876_000

export const ApiKeySpecRequest = Type.Object(
  {
    name,
    description,
    expire_after_hours: Type.Integer({
      format: 'int32',
      minimum: 0,
      maximum: maxHours,
      description: '0: the key never expires.',
    }),
    role_id: Type.Optional(
      nullableString({ format: 'uuid', description: 'Absent: the Admin role.' }),
    ),
    allow_list_info: Type.Optional(
      Type.Unsafe<string[] | null>({
        type: ['array', 'null'],
        items: { type: 'string', format: 'uuid' },
        maxItems: maxAllowListsPerKey,
        uniqueItems: true,
        description: 'Ids of allow lists. Absent or empty: the key is usable from any address.',
      }),
    ),
  },
  { $id: 'ApiKeySpecRequest', ...closed },
)

export const NetworkAllowListSpecRequest = Type.Object(
  {
    name,
    description,
    allow_list: Type.Array(Type.String({ maxLength: maxAddressLength }), {
      minItems: 1,
      maxItems: maxEntriesPerAllowList,
      description: 'Addresses and CIDR ranges, stored exactly as given.',
    }),
  },
  { $id: 'NetworkAllowListSpecRequest', ...closed },
)

const enumName = Type.String({ pattern: '^[A-Z][A-Z0-9_]{0,62}$' })

/** As the catalogue shows them, descriptions and all: clients send back what they were given. */
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
      { maxItems: 100 },
    ),
  },
  { $id: 'RolePermissionSpec', ...closed },
)

export const RoleSpecRequest = Type.Object(
  {
    name,
    description,
    permissions: Type.Array(ref(RolePermissionSpec), {
      maxItems: maxPermissionsPerRole,
    }),
  },
  { $id: 'RoleSpecRequest', ...closed },
)
