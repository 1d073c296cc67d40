import { Type } from 'typebox'
import { maxPermissionsPerRole } from '../../../domain/limits.ts'
import { closed, ref } from '../../schema-tools.ts'
import { description, name } from '../shapes/fields.ts'
import { RolePermissionSpec } from './permission-input.ts'

/** The request that creates a role or replaces one. */
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
