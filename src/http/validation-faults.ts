import type { ErrorObject } from 'ajv'
import type { FastifySchemaValidationError } from 'fastify'
import { pointerStep } from '../domain/json-pointer.ts'
import type { Fault, FaultPlace } from '../errors.ts'
import { describeImpossibleTime } from './date-time.ts'
import { isUndocumented } from './documented-as.ts'
import { expectedValue, type ValueSchema } from './expected-value.ts'
import { describeUnknownName } from './known-names.ts'
import { malformedQuery } from './query-string.ts'

/** A fault that Ajv found, with what its option `verbose` adds. */
type ValidationFault = FastifySchemaValidationError & Pick<Partial<ErrorObject>, 'data'>

/** The faults that Ajv found in a part of a request, each with its place, field and rule. */
export function faultsOfValidation(
  errors: readonly ValidationFault[],
  context: string | undefined,
): Fault[] {
  const place = placeOf(context)
  const faults = errors.map((error) => {
    const { field, rule } = ruleOf(error)
    return { in: place, field, rule, message: messageOf(error, place) }
  })
  // A value of another type breaks the rules for values as well, and what to write is the same.
  return faults.filter(
    ({ field, message }, index) =>
      faults.findIndex((fault) => fault.field === field && fault.message === message) === index,
  )
}

function placeOf(context: string | undefined): FaultPlace {
  switch (context) {
    case 'querystring':
      return 'query'
    case 'headers':
      return 'header'
    default:
      return 'body'
  }
}

function ruleOf(error: ValidationFault): { field: string; rule: string } {
  const params = error.params as Partial<ErrorObject['params']>
  switch (error.keyword) {
    case 'required':
      return {
        field: `${error.instancePath}/${pointerStep(String(params.missingProperty))}`,
        rule: 'required',
      }
    case 'additionalProperties':
      return {
        field: `${error.instancePath}/${pointerStep(String(params.additionalProperty))}`,
        rule: 'unknown_field',
      }
    default:
      return { field: error.instancePath, rule: error.keyword }
  }
}

function messageOf(error: ValidationFault, place: FaultPlace): string {
  const schema = schemaOf(error)
  const params = error.params as Partial<ErrorObject['params']>
  const noun = place === 'body' ? 'field' : 'parameter'
  switch (error.keyword) {
    case 'required': {
      const expected = expectedValue(schema.properties?.[String(params.missingProperty)])
      return `The ${noun} is required: write ${expected}.`
    }
    case 'additionalProperties': {
      const known = documentedNames(schema)
      return describeUnknownName(String(params.additionalProperty), known, noun)
    }
    case malformedQuery.rule:
      return malformedQuery.message
    case 'uniqueItems':
      return 'The array must not contain a value twice.'
    default:
      return valueMessage(error, schema, place)
  }
}

function valueMessage(
  { instancePath, data }: ValidationFault,
  schema: ValueSchema,
  place: FaultPlace,
): string {
  if (instancePath === '' && place === 'body') {
    return data === undefined || data === null
      ? 'The body is missing.'
      : 'The body must be a JSON object.'
  }
  if (typeof data === 'string' && schema.format === 'date-time') {
    const impossible = describeImpossibleTime(data)
    if (impossible !== undefined) return impossible
  }
  const expected = expectedValue(schema)
  if (place === 'body') return `The value must be ${expected}.`
  if (Array.isArray(data)) return `The parameter must be sent once. The value must be ${expected}.`
  if (place === 'query' && schema.format === 'date-time') {
    return `The value must be ${expected}. In a query, write + as %2B.`
  }
  return `The value must be ${expected}.`
}

function documentedNames({ properties = {} }: ValueSchema): string[] {
  return Object.keys(properties).filter((name) => !isUndocumented(properties[name]))
}

/** The schema that the value breaks; for a field that is missing or unknown, that of its object. */
function schemaOf(error: ValidationFault): ValueSchema {
  const { parentSchema } = error as { readonly parentSchema?: ValueSchema }
  return parentSchema ?? {}
}
