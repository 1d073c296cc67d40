import type { OpenAPIV3_1 } from 'openapi-types'
import { maxActorIdLength } from '../domain/limits.ts'

type Operation = OpenAPIV3_1.OperationObject
type Parameter = OpenAPIV3_1.ParameterObject
type Schema = NonNullable<Parameter['schema']>

/** The parameters that every operation with an effect has, by their names as components. */
export const actingUser = {
  ActingUser: {
    name: 'X-Acting-User',
    in: 'header',
    description:
      'Id of the user on whose behalf the caller acts. Requires the token of a key with the `account:act_as` permission.',
    schema: { type: 'string', minLength: 1, maxLength: maxActorIdLength, pattern: '^[!-~]+$' },
  },
  ActingUserName: {
    name: 'X-Acting-User-Name',
    in: 'header',
    description: 'Name of the acting user, percent-encoded UTF-8.',
    schema: { type: 'string', minLength: 1 },
  },
} satisfies Record<string, Parameter>

/** The names of headers as standards write them: Fastify compares them in lower case. */
const headerNames = new Map([
  ['if-match', 'If-Match'],
  ['idempotency-key', 'Idempotency-Key'],
])

/**
 * Completes the parameters of an operation. Client generators make arguments of them in their
 * order: first those that the path needs, in the order of the path, then other required ones.
 */
export function completeParameters(operation: Operation, method: string, path: string): void {
  const given = (operation.parameters ?? []).map((parameter) =>
    completed(parameter as Parameter, path),
  )
  const acts = method !== 'get' && path.startsWith('/v1/') && !/^\/v1\/verify|\/explain$/.test(path)
  const rank = ({ in: place, name, required }: Parameter) => {
    if (place === 'path') return path.indexOf(`{${name}}`)
    return path.length + (required === true ? 0 : 1)
  }
  const actors = Object.keys(actingUser).map((name) => ({
    $ref: `#/components/parameters/${name}`,
  }))
  const parameters = [...given.toSorted((a, b) => rank(a) - rank(b)), ...(acts ? actors : [])]
  if (parameters.length > 0) operation.parameters = parameters
}

function completed(parameter: Parameter, path: string): Parameter {
  const name = headerNames.get(parameter.name) ?? parameter.name
  const schema = parameter.schema as OpenAPIV3_1.SchemaObject
  const { examples, description: _, ...rest } = schema
  const result: Parameter = {
    ...parameter,
    name,
    schema: rest as Schema,
    ...(Array.isArray(examples) && { example: examples[0] }),
  }
  // Without If-Match the answer to the update of a key is 428.
  if (name === 'If-Match' && path.includes('/api-keys/')) result.required = true
  // Viewers send the example of an optional filter too, and it would find nothing.
  if (result.required !== true) delete result.example
  // Only a proxy repeats a parameter: a comma cannot be in its name of a permission.
  if (schema.type === 'array') {
    result.style = 'form'
    result.explode = path === '/v1/forward-auth'
  }
  return result
}
