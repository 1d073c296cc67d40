import { Type } from 'typebox'
import { maxRequiredPermissions } from '../domain/limits.ts'
import { permissionPattern } from '../domain/permission.ts'

/** What a query or a form may require of a key in addition to a valid token. */
export const attemptParameters = {
  permission: Type.Optional(
    Type.Array(Type.String({ pattern: permissionPattern }), {
      maxItems: maxRequiredPermissions,
      description: 'A permission that the key must grant. Repeat the parameter to require several.',
    }),
  ),
  account_id: Type.Optional(
    Type.String({ format: 'uuid', description: 'The account that the key must belong to.' }),
  ),
}
