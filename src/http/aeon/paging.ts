import type { FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { maxAeonPageSize, maxCursorLength } from '../../domain/limits.ts'
import {
  decodeCursor,
  encodeCursor,
  type PagePlace,
  type Sort,
  type SortField,
} from '../../domain/page.ts'
import { redactTokens } from '../../domain/token/redaction.ts'
import { invalidRequest } from '../../errors.ts'
import { expected } from '../expected-value.ts'
import { type ListRequest, listIdentity } from '../list-identity.ts'
import type { PageOfList } from '../paging.ts'
import { pathOf } from '../request-path.ts'
import { oneOf } from '../schema-tools.ts'
import { textOrNull } from './shapes/fields.ts'

/** The sort fields of the Aeon API, each with its name in the service. */
export type OrderNames = Readonly<Record<string, SortField>>

export const PagingMetadata = Type.Object(
  {
    continuation_token: textOrNull({
      description: 'Token of the next page; null on the last page.',
    }),
    links: Type.Object(
      {
        self: Type.String({ description: 'Link to this page.' }),
        next: textOrNull({ description: 'Link to the next page; null on the last page.' }),
      },
      { description: 'Links to this page and the next.' },
    ),
  },
  { $id: 'PagingMetadata', description: 'Where a page is in its list.' },
)

/** `first`: the field by which the list is sorted if the query names none. */
export function pagingParameters(names: OrderNames, first?: string) {
  return {
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: maxAeonPageSize,
        default: maxAeonPageSize,
        description: 'Maximum number of items of the page.',
      }),
    ),
    continuation_token: Type.Optional(
      Type.String({
        maxLength: maxCursorLength,
        ...expected('a continuation_token of this list'),
        description: 'Token of the page, from the previous page. Empty: the first page.',
      }),
    ),
    order: Type.Optional(
      oneOf(['asc', 'desc'], {
        description:
          first === undefined
            ? 'Absent: `asc` if `order_by` is given, otherwise newest first.'
            : 'Absent: `asc`.',
      }),
    ),
    order_by: Type.Optional(
      oneOf(Object.keys(names), {
        description: `Field by which the list is sorted. Absent: ${first === undefined ? 'by creation' : `\`${first}\``}.`,
      }),
    ),
  }
}

export interface PagingQuery {
  readonly limit?: number
  readonly continuation_token?: string
  readonly order?: 'asc' | 'desc'
  readonly order_by?: string
}

export function limitOf(query: PagingQuery): number {
  return query.limit ?? maxAeonPageSize
}

export function sortOf(query: PagingQuery, names: OrderNames): Sort {
  const field = names[query.order_by ?? ''] ?? 'created_at'
  const order = query.order ?? (query.order_by === undefined ? 'desc' : 'asc')
  return { field, descending: order === 'desc' }
}

/**
 * The page that a request asks for, ordered by `firstOrder` unless it says otherwise. Throws
 * `invalid_request` for a token of another list, filter or order.
 */
export function parsePage(
  request: ListRequest & { readonly query: PagingQuery },
  names: OrderNames,
  firstOrder?: string,
): PageOfList {
  const { query } = request
  const sort = sortOf(
    { ...(firstOrder !== undefined && { order_by: firstOrder }), ...query },
    names,
  )
  const list = listIdentity(request)
  const { continuation_token: token } = query
  return {
    list,
    limit: limitOf(query),
    sort,
    // An empty token asks for the first page: a client in a loop may send a null token so.
    after: token === undefined || token === '' ? undefined : decodePageToken(list, sort, token),
  }
}

export function decodePageToken(list: string, sort: Sort, token: string): PagePlace {
  const place = decodeCursor(list, sort, token)
  if (place === undefined) throw badToken()
  return place
}

export function badToken() {
  return invalidRequest([
    {
      in: 'query',
      field: '/continuation_token',
      rule: 'cursor',
      message:
        'The value must be a continuation_token of this list, with the same order and filters.',
    },
  ])
}

/** Throws `invalid_request` for a token: a list of one item has no second page. */
export function refuseToken({ continuation_token: token = '' }: PagingQuery): void {
  if (token !== '') throw badToken()
}

/** The `_metadata` of a list. */
export function pagingMetadata(
  request: FastifyRequest,
  next: string | null,
): Static<typeof PagingMetadata> {
  const path = encodeURI(pathOf(request.url))
  const [query] = /(?<=\?)[^#]*/.exec(request.url) ?? ['']
  const self = redactTokens(query === '' ? path : `${path}?${query}`)
  const parameters = new URLSearchParams(query)
  if (next !== null) parameters.set('continuation_token', next)
  return {
    continuation_token: next,
    links: { self, next: next === null ? null : redactTokens(`${path}?${parameters}`) },
  }
}

export function nextToken(next: PagePlace | null, { list, sort }: PageOfList): string | null {
  return next && encodeCursor(list, sort, next)
}
