import { Type } from 'typebox'
import { type KeyStatus, keyStatuses } from '../../../domain/key/api-key.ts'
import { maxActorIdLength, maxNameLength, maxStatusListLength } from '../../../domain/limits.ts'
import { type CallerPrincipal, rightsOf } from '../../../domain/principal.ts'
import { foldRoleName } from '../../../domain/role.ts'
import { isUuid } from '../../../domain/uuid.ts'
import { invalidRequest } from '../../../errors.ts'
import type { ApiKeyFilter } from '../../../management/api-keys/list.ts'
import { aliasedParameter } from '../../aliased-parameter.ts'
import { documentedAs, undocumented } from '../../documented-as.ts'
import { expectedList, expectedRole } from '../../expected-value.ts'
import { parseQueryTime } from '../parse-time.ts'
import { parseWords, searchFilter } from '../parse-words.ts'
import { id, textFilter, timeFilter } from '../shapes/fields.ts'

/** As many as fit into the text, whichever they are: each takes the longest name and a comma. */
const maxStatuses = Math.floor(
  (maxStatusListLength + 1) / (Math.max(...keyStatuses.map(({ length }) => length)) + 1),
)

const expectedStatuses = expectedList(keyStatuses)

/** The query parameters of a list of keys that select keys. */
export const filterParameters = {
  status: Type.Optional(
    documentedAs(
      textFilter(
        maxStatusListLength,
        'Only keys with one of these statuses, separated by commas.',
        expectedStatuses,
      ),
      {
        type: 'array',
        minItems: 1,
        maxItems: maxStatuses,
        items: { type: 'string', enum: keyStatuses },
      },
    ),
  ),
  search: searchFilter('keys whose name and description have'),
  name_prefix: textFilter(maxNameLength, 'Only keys whose name begins with this text.'),
  /** The earlier name of `name_prefix`. */
  name: undocumented(textFilter(maxNameLength, 'Only keys whose name begins with this text.')),
  role: textFilter(
    maxNameLength,
    'Only keys with this role: the id or the name of the role.',
    expectedRole,
  ),
  created_by: textFilter(
    maxActorIdLength,
    'Only keys issued by this user or key: the id of the issuer.',
  ),
  allow_list: Type.Optional(
    id('Only keys that use this allow list: the id of the list. A revoked key uses none.'),
  ),
  expires_before: timeFilter('Only keys that expire before this time.'),
  last_used_before: timeFilter(
    'Only keys that have been used, and were last used before this time.',
  ),
}

interface FilterQuery {
  readonly status?: string
  readonly search?: string
  readonly name_prefix?: string
  readonly name?: string
  readonly role?: string
  readonly created_by?: string
  readonly allow_list?: string
  readonly expires_before?: string
  readonly last_used_before?: string
}

/**
 * The filter that a query asks for. Only readers of the platform account filter by its own keys as
 * issuers. Throws `invalid_request`.
 */
export function parseKeyFilter(query: FilterQuery, reader: CallerPrincipal): ApiKeyFilter {
  const namePrefix = aliasedParameter(query, ['name_prefix', 'name'])
  return {
    ...(query.status !== undefined && { statuses: parseStatuses(query.status) }),
    ...(query.search !== undefined && { words: parseWords(query.search) }),
    ...(namePrefix !== undefined && { namePrefix }),
    ...(query.role !== undefined && { role: parseRoleFilter(query.role) }),
    ...(query.created_by !== undefined && {
      createdBy: { id: query.created_by, platformToo: rightsOf(reader).platform },
    }),
    ...(query.allow_list !== undefined && { allowListId: query.allow_list.toLowerCase() }),
    ...(query.expires_before !== undefined && {
      expiresBefore: parseQueryTime('/expires_before', query.expires_before),
    }),
    ...(query.last_used_before !== undefined && {
      lastUsedBefore: parseQueryTime('/last_used_before', query.last_used_before),
    }),
  }
}

function parseStatuses(list: string): KeyStatus[] {
  return list.split(',').map((name) => {
    const status = keyStatuses.find((candidate) => candidate === name)
    if (status !== undefined) return status
    throw invalidRequest([
      {
        in: 'query',
        field: '/status',
        rule: 'enum',
        message: `The value must be ${expectedStatuses}.`,
      },
    ])
  })
}

/** A role as a caller names it: an id if it parses as a UUID, else a name. */
export function parseRoleFilter(role: string): NonNullable<ApiKeyFilter['role']> {
  return isUuid(role) ? { id: role.toLowerCase() } : { foldedName: foldRoleName(role) }
}
