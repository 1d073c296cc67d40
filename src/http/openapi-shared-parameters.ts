import { isDeepStrictEqual } from 'node:util'
import type { OpenAPIV3_1 } from 'openapi-types'
import { readParameters } from './openapi-conditional-reads.ts'
import { actingUser } from './openapi-parameters.ts'

type Operation = OpenAPIV3_1.OperationObject
type Parameter = OpenAPIV3_1.ParameterObject

/** The parameters that many operations have, by their names as components. */
const names: Readonly<Record<string, string>> = {
  account_id: 'AccountId',
  id: 'ApiKeyId',
  cursor: 'Cursor',
  format: 'ExportFormat',
  'Idempotency-Key': 'IdempotencyKey',
  'If-Match': 'IfMatch',
  limit: 'Limit',
  wait_ms: 'WaitMs',
}

/**
 * Moves the parameters that operations share into components, and returns the components. Of
 * several parameters with one name, the most frequent one is shared.
 */
export function shareParameters(operations: readonly Operation[]): Record<string, Parameter> {
  const shared: Record<string, Parameter> = { ...actingUser, ...readParameters }
  for (const [name, component] of Object.entries(names)) {
    const parameter = mostFrequent(operations, name)
    if (parameter === undefined) continue
    shared[component] = parameter
    for (const { parameters = [] } of operations) {
      const index = parameters.findIndex((given) => isDeepStrictEqual(given, parameter))
      if (index >= 0) parameters[index] = { $ref: `#/components/parameters/${component}` }
    }
  }
  return shared
}

function mostFrequent(operations: readonly Operation[], name: string): Parameter | undefined {
  const named = operations
    .flatMap(({ parameters = [] }) => parameters as Parameter[])
    .filter((parameter) => parameter.name === name)
  const groups = Map.groupBy(named, (parameter) => JSON.stringify(parameter))
  const [largest = []] = [...groups.values()].toSorted((a, b) => b.length - a.length)
  return largest[0]
}
