import type { TSchema } from 'typebox'
import { Problem } from './problem.ts'
import { ref } from './schema-tools.ts'

const problems = {
  400: 'The request breaks a rule.',
  401: 'No good API key was given.',
  403: 'The API key may not do this.',
  404: 'It is not there, or is of another account.',
  409: 'It contradicts what is there.',
  412: 'It has changed since it was read.',
  413: 'The body is too large.',
  415: 'The body is not application/json.',
  422: 'The Idempotency-Key was used with another body.',
  428: 'If-Match is missing.',
  500: 'The service failed.',
  503: 'The service or its database is away or overloaded: try again after Retry-After.',
} as const

type ProblemStatus = keyof typeof problems

const always: readonly ProblemStatus[] = [400, 401, 403, 500, 503]
const withBody: readonly ProblemStatus[] = [413, 415]

/** The answers of a route: what it answers when all is well, and each problem that it may tell. */
export function responses<const Good extends Record<number, TSchema>>(
  good: Good,
  options: { readonly body?: boolean; readonly problems?: readonly ProblemStatus[] } = {},
) {
  const statuses = [
    ...always,
    ...(options.body === true ? withBody : []),
    ...(options.problems ?? []),
  ].sort()
  const entries = statuses.map((status) => [
    status,
    {
      description: problems[status],
      content: { 'application/problem+json': { schema: ref(Problem) } },
    },
  ])
  return { ...good, ...(Object.fromEntries(entries) as Record<never, never>) }
}
