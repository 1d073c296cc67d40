import type { ErrorObject } from 'ajv'
import type { FastifySchemaValidationError } from 'fastify'
import type { Fault } from '../errors.ts'

/** The faults that Ajv found in a request, each with its field and rule. */
export function faultsOfValidation(errors: readonly FastifySchemaValidationError[]): Fault[] {
  return errors.map((error) => {
    const { field, rule } = place(error)
    return { field, rule, message: messageOf(error) }
  })
}

function place(error: FastifySchemaValidationError): { field: string; rule: string } {
  const params = error.params as Partial<ErrorObject['params']>
  switch (error.keyword) {
    case 'required':
      return { field: `${error.instancePath}/${pointer(params.missingProperty)}`, rule: 'required' }
    case 'additionalProperties':
      return {
        field: `${error.instancePath}/${pointer(params.additionalProperty)}`,
        rule: 'unknown_field',
      }
    default:
      return { field: error.instancePath, rule: error.keyword }
  }
}

/** RFC 6901, section 3. */
function pointer(name: unknown): string {
  return String(name).replaceAll('~', '~0').replaceAll('/', '~1')
}

function messageOf(error: FastifySchemaValidationError): string {
  switch (error.keyword) {
    case 'required':
      return 'The field is required.'
    case 'additionalProperties':
      return 'The field is not defined for this operation.'
    case 'enum': {
      const { allowedValues } = error.params as { allowedValues?: readonly unknown[] }
      return `The value must be one of ${allowedValues?.join(', ')}.`
    }
    case 'type': {
      const { type } = error.params as { type?: string | readonly string[] }
      return `The value must be of type ${[type].flat().join(' or ')}.`
    }
    default:
      return `The value ${error.message?.replace('NOT', 'not') ?? 'is invalid'}.`
  }
}
