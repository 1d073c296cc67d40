import type { TSchema } from 'typebox'
import { Problem } from './problem.ts'
import { ref } from './schema-tools.ts'

const problems = {
  400: 'The request is invalid.',
  401: 'The API key is missing or not valid.',
  403: 'The API key is not permitted to perform the operation.',
  404: 'The resource does not exist or belongs to another account.',
  409: 'The request conflicts with the current state of the resource.',
  412: 'The resource has changed since the ETag in If-Match was read.',
  413: 'The body is larger than the limit of the operation.',
  415: 'The content type is not application/json.',
  422: 'The Idempotency-Key was already used with a different body.',
  428: 'If-Match is missing.',
  500: 'Internal error.',
  503: 'The service or its database is unavailable or overloaded. Retry after the time in Retry-After.',
} as const

type ProblemStatus = keyof typeof problems

const always: readonly ProblemStatus[] = [400, 401, 403, 500, 503]
const withBody: readonly ProblemStatus[] = [413, 415]

/** The responses of a route: the given ones, and the problems that the route may answer. */
export function responses<const Good extends Record<number, TSchema>>(
  good: Good,
  options: { readonly body?: boolean; readonly problems?: readonly ProblemStatus[] } = {},
) {
  const statuses = [
    ...always,
    ...(options.body === true ? withBody : []),
    ...(options.problems ?? []),
  ].sort()
  const entries = statuses.map((status) => [status, problemResponse(status, ref(Problem))])
  return { ...good, ...(Object.fromEntries(entries) as Record<never, never>) }
}

/** The description of a response with a problem, whose schema is given. */
export function problemResponse<T>(status: ProblemStatus, schema: T) {
  return { description: problems[status], content: { 'application/problem+json': { schema } } }
}

/** The answer of an operations route on a port that does not serve it. */
export const notServed = {
  description: 'The settings close the path, or serve it on OPERATIONS_PORT.',
  content: { 'application/problem+json': { schema: ref(Problem) } },
}
