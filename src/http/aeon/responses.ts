import { type TSchema, Type } from 'typebox'
import { ref } from '../schema-tools.ts'
import { ApiError } from './errors.ts'

const errors = {
  400: 'The request breaks a rule.',
  401: 'No good API key was given, or it has expired.',
  403: 'The API key may not do this.',
  404: 'It is not there, or is of another account.',
  409: 'It contradicts what is there.',
  413: 'The body is too large.',
  415: 'The body is not application/json.',
  500: 'The service failed.',
  503: 'The service or its database is away or overloaded.',
} as const

type ErrorStatus = keyof typeof errors

/** The answers of a route of this face: 200 for whatever went well, and the errors that it may tell. */
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
  return { 200: good, ...(Object.fromEntries(entries) as Record<never, never>) }
}

/** Deleting and revoking answer with an empty body. */
export const nothing = Type.Unsafe<undefined>({ type: 'null', description: 'Done.' })

/** How long what narrows a key waits for every instance to know it: the client has no way to ask later. */
export const receiptWaitMs = 2_000
