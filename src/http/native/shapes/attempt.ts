import { Type } from 'typebox'
import { maxAddressLength, maxRequiredPermissions, maxTokenLength } from '../../../domain/limits.ts'
import { expected, expectedAddress } from '../../expected-value.ts'
import { id, permissionInput } from './fields.ts'

/**
 * The client address and the required permissions: an explanation evaluates them without a token.
 */
export const clientIpInput = Type.Optional(
  Type.String({
    maxLength: maxAddressLength,
    description:
      'Address of the client that presented the token. If absent, a key restricted by allow lists is denied.',
    examples: ['203.0.113.7'],
    ...expected(expectedAddress),
  }),
)

export const requiredPermissionsInput = Type.Optional(
  Type.Array(permissionInput, {
    maxItems: maxRequiredPermissions,
    description: 'Permissions that the key must grant, all of them.',
  }),
)

export const AttemptBody = Type.Object(
  {
    token: Type.String({
      examples: ['aeon_...'],
      description: `The token as presented to the caller. A token of more than ${maxTokenLength} characters is \`malformed\`.`,
    }),
    client_ip: clientIpInput,
    permissions: requiredPermissionsInput,
    account_id: Type.Optional(id('The account that the key must belong to.')),
  },
  {
    $id: 'Attempt',
    additionalProperties: false,
    description: 'A token to verify, and what it is used for.',
    examples: [{ token: 'aeon_...', client_ip: '203.0.113.7', permissions: ['cluster:read'] }],
  },
)
