import { hash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'

/** Query parameters that choose a page or its form, and not what is in the list. */
const ofPages: ReadonlySet<string> = new Set([
  'limit',
  'cursor',
  'sort',
  'continuation_token',
  'order',
  'order_by',
])

export type ListRequest = Pick<FastifyRequest, 'routeOptions' | 'params' | 'query'>

/**
 * What tells the list of a request from every other: a digest of its route, of the ids in its path
 * and of its filters. `aside` are parameters that a client may change between two pages.
 */
export function listIdentity(
  { routeOptions, params, query }: ListRequest,
  aside: readonly string[] = [],
): string {
  const ids = Object.values(params as Record<string, string>).map((id) => id.toLowerCase())
  const filters = Object.entries(query as Record<string, unknown>)
    .filter(([name, value]) => value !== undefined && !ofPages.has(name) && !aside.includes(name))
    .sort(([one], [other]) => (one < other ? -1 : 1))
  return hash('sha256', JSON.stringify([routeOptions.url, ids, filters]), 'base64url').slice(0, 8)
}
