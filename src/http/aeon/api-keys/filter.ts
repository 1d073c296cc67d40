import { Type } from 'typebox'
import { maxNameLength, maxStatusListLength } from '../../../domain/limits.ts'
import { invalidRequest } from '../../../errors.ts'
import type { ApiKeyFilter } from '../../../management/api-keys/list.ts'
import { aliasedParameter } from '../../aliased-parameter.ts'
import { documentedAs, undocumented } from '../../documented-as.ts'
import { expected, expectedList } from '../../expected-value.ts'
import { keyStatuses, statusesOfAeon } from '../shapes/key-status.ts'

const expectedStatuses = expectedList(keyStatuses)

const name = Type.String({
  minLength: 1,
  maxLength: maxNameLength,
  pattern: '^[^\\u0000]*$',
  description: 'The exact name of the key, case-sensitive.',
})

/**
 * Aeon does not publish the name of the first parameter, so its likely spellings are accepted too;
 * the document shows the first. An unknown filter is refused: a client that revokes the first key
 * of a list would revoke any key.
 */
export const filterParameters = {
  api_key_name: Type.Optional(name),
  apiKeyName: undocumented(name),
  name: undocumented(name),
  status: Type.Optional(
    documentedAs(
      Type.String({
        maxLength: maxStatusListLength,
        ...expected(expectedStatuses),
        description: `Only keys with one of these statuses, separated by commas: ${keyStatuses.join(', ')}.`,
      }),
      { type: 'array', minItems: 1, items: { type: 'string' } },
    ),
  ),
}

interface FilterQuery {
  readonly api_key_name?: string
  readonly apiKeyName?: string
  readonly name?: string
  readonly status?: string
}

/** The filter that a query asks for. Throws `invalid_request`. */
export function parseKeyFilter(query: FilterQuery): ApiKeyFilter {
  const given = aliasedParameter(query, ['api_key_name', 'apiKeyName', 'name'])
  return {
    ...(given !== undefined && { name: given }),
    ...(query.status !== undefined && { statuses: query.status.split(',').flatMap(parseStatus) }),
  }
}

function parseStatus(text: string) {
  const status = keyStatuses.find((candidate) => candidate === text)
  if (status !== undefined) return statusesOfAeon[status]
  throw invalidRequest([
    {
      in: 'query',
      field: '/status',
      rule: 'enum',
      message: `The value must be ${expectedStatuses}.`,
    },
  ])
}
