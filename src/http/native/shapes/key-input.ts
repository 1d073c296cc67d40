import { Type } from 'typebox'
import {
  maxAllowListsPerKey,
  maxEntriesPerKey,
  maxMetadataBytes,
  maxNameLength,
} from '../../../domain/limits.ts'
import { expected, expectedRole } from '../../expected-value.ts'
import { metadata } from './fields.ts'

/** Fields that the requests to issue and to update a key have in common. */
export const roleInput = Type.String({
  minLength: 1,
  maxLength: maxNameLength,
  pattern: '^[^\\u0000]*$',
  description: 'Id or name of the role. A value that parses as a UUID is an id.',
  examples: ['developer'],
  ...expected(expectedRole),
})

export const metadataInput = (note: string) =>
  metadata(`Replaces the whole map. At most ${maxMetadataBytes} bytes of JSON. ${note}`.trim())

/** Ids of the allow lists of a key. */
export const allowListIdsInput = (
  description: string,
  options: { readonly minItems?: number } = {},
) =>
  Type.Array(Type.String({ format: 'uuid' }), {
    ...options,
    maxItems: maxAllowListsPerKey,
    description: `${description} Repeated ids count once. The lists have at most ${maxEntriesPerKey} entries together.`,
  })
