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
import { type ListRequest, listIdentity } from './list-identity.ts'
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
          'The `next_cursor` of the previous page. Send the same `sort` and filters as for that page.',
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

interface PageQuery {
  readonly limit?: number
  readonly cursor?: string
  readonly sort?: string
}

/** A page, and the list that it is of. */
export interface PageOfList extends PageRequest {
  readonly list: string
}

/**
 * The page that a request asks for. Throws `invalid_request` for a cursor of another list, filter
 * or sort.
 */
export function parsePage(request: ListRequest & { readonly query: PageQuery }): PageOfList {
  const { query } = request
  const list = listIdentity(request)
  const sort = parseSort(query.sort ?? defaultSort)
  if (sort === undefined) throw new Error('The schema allows no other sort.')
  const limit = query.limit ?? defaultPageSize
  // An empty cursor asks for the first page: a client in a loop may send a null cursor so.
  if (query.cursor === undefined || query.cursor === '')
    return { list, limit, sort, after: undefined }
  const after = decodeCursor(list, sort, query.cursor)
  if (after === undefined) throw cursorFault()
  return { list, limit, sort, after }
}

/** The cursor for the page after this one; null if this is the last. */
export function nextCursor(page: Page<unknown>, { list, sort }: PageOfList): string | null {
  return page.next && encodeCursor(list, sort, page.next)
}

/** For a cursor of another list, filter or sort. */
export function cursorFault() {
  const message =
    'The value must be a next_cursor of this list, with the same sort and filters. Leave the parameter out for the first page.'
  return invalidRequest([{ in: 'query', field: '/cursor', rule: 'cursor', message }])
}
