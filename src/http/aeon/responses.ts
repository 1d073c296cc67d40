import { type TSchema, Type } from 'typebox'
import { ref } from '../schema-tools.ts'
import { ApiError } from './errors.ts'

const errors = {
  400: 'The request is invalid.',
  401: 'The API key is missing, not valid or expired.',
  403: 'The API key is not permitted to perform the operation.',
  404: 'The resource does not exist or belongs to another account.',
  409: 'The request conflicts with the current state of the resource.',
  413: 'The body is larger than the limit of the operation.',
  415: 'The content type is not application/json.',
  500: 'Internal error.',
  503: 'The service or its database is unavailable or overloaded.',
} as const

type ErrorStatus = keyof typeof errors

/** The responses of a route: 200 for every success, and the errors that the route may answer. */
export function responses<const Good extends TSchema>(
  good: Good,
  options: { readonly body?: boolean; readonly errors?: readonly ErrorStatus[] } = {},
): { readonly 200: Good } {
  const statuses: readonly ErrorStatus[] = [
    400,
    401,
    403,
    ...(options.errors ?? []),
    ...(options.body === true ? ([413, 415] as const) : []),
    500,
    503,
  ]
  const entries = statuses.map((status) => [
    status,
    {
      description: errors[status],
      content: { 'application/json': { schema: ref(ApiError) } },
    },
  ])
  const described = { ...good, 'x-response-description': 'Success.' }
  return { 200: described, ...(Object.fromEntries(entries) as Record<never, never>) }
}

/** Deleting and revoking answer with an empty body. */
export const nothing = Type.Unsafe<undefined>({ type: 'null', description: 'Success.' })
