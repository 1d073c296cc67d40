import { Type } from 'typebox'
import { defaultPageSize, maxCursorLength, maxPageSize } from '../domain/limits.ts'
import {
  decodeCursor,
  encodeCursor,
  type Page,
  type PageRequest,
  parseSort,
  type SortField,
  sortFields,
} from '../domain/page.ts'
import { invalidRequest } from '../errors.ts'
import { expected } from './expected-value.ts'
import { oneOf } from './schema-tools.ts'

const defaultSort = '-created_at'

/** The query parameters of a list that can be sorted by `fields`. */
export function pageParameters(fields: readonly SortField[] = ['created_at', 'name']) {
  return {
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: maxPageSize,
        default: defaultPageSize,
        description: 'Maximum number of items per page.',
      }),
    ),
    cursor: Type.Optional(
      Type.String({
        maxLength: maxCursorLength,
        ...expected('a next_cursor of this list'),
        description:
          'The `next_cursor` of the previous page. Send the same `sort` as for that page.',
      }),
    ),
    sort: Type.Optional(
      oneOf(
        sortFields
          .filter((field) => fields.includes(field))
          .flatMap((field) => [field, `-${field}`]),
        { default: defaultSort, description: sortDescription(fields) },
      ),
    ),
  }
}

function sortDescription(fields: readonly SortField[]): string {
  const never = fields.includes('expires_at')
    ? ' Keys that never expire come last in both orders.'
    : ''
  return `Sort field. \`-\` sorts in descending order.${never}`
}

/**
 * The page that a query asks for. Throws `invalid_request` for a cursor of another list or sort.
 */
export function parsePage(query: {
  readonly limit?: number
  readonly cursor?: string
  readonly sort?: string
}): PageRequest {
  const sort = parseSort(query.sort ?? defaultSort)
  if (sort === undefined) throw new Error('The schema allows no other sort.')
  const limit = query.limit ?? defaultPageSize
  // An empty cursor asks for the first page: a client in a loop may send a null cursor so.
  if (query.cursor === undefined || query.cursor === '') return { limit, sort, after: undefined }
  const after = decodeCursor(sort, query.cursor)
  if (after === undefined) throw cursorFault()
  return { limit, sort, after }
}

/** The cursor for the page after this one; null if this is the last. */
export function nextCursor(page: Page<unknown>, request: PageRequest): string | null {
  return page.next && encodeCursor(request.sort, page.next)
}

function cursorFault() {
  const message =
    'The value must be a next_cursor of this list, with the same sort. Leave the parameter out for the first page.'
  return invalidRequest([{ in: 'query', field: '/cursor', rule: 'cursor', message }])
}
