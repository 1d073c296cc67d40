import type { OpenAPIV3_1 } from 'openapi-types'
import { problemResponse } from './responses.ts'

type Operation = OpenAPIV3_1.OperationObject

/** The parameters of reads, by their names as components. */
export const readParameters = {
  IfNoneMatch: {
    name: 'If-None-Match',
    in: 'header',
    description: 'An ETag: if the answer still has it, the response is 304.',
    schema: { type: 'string' },
  },
} satisfies Record<string, OpenAPIV3_1.ParameterObject>

/**
 * Whether an operation answers conditional requests: it reads JSON, and is in a scope of
 * `answerConditionally`, as all but the checks of health are.
 */
export function isConditionalRead(operation: Operation, method: string, path: string): boolean {
  if (method !== 'get' || !/^\/(?:v1|\.well-known)\//.test(path)) return false
  const good = operation.responses?.['200'] as OpenAPIV3_1.ResponseObject | undefined
  return good?.content?.['application/json'] !== undefined
}

/** Adds the parameter and the responses of a conditional request, which no route states. */
export function describeConditionalRead(operation: Operation): void {
  operation.parameters = [
    ...(operation.parameters ?? []),
    ...Object.keys(readParameters).map((name) => ({ $ref: `#/components/parameters/${name}` })),
  ]
  operation.responses = {
    ...operation.responses,
    // RFC 9110, section 15.4.5.
    304: { description: 'The resource has not changed since the ETag in If-None-Match was read.' },
    412: problemResponse(412, { $ref: '#/components/schemas/Problem' }),
  }
}
