import type { Ajv, ValidateFunction } from 'ajv'
import type { FastifySchemaCompiler } from 'fastify'
import { isRecord } from '../domain/is-record.ts'
import { maxFaults } from '../domain/limits.ts'
import { createAjv } from './create-ajv.ts'
import { lazy } from './lazy.ts'
import { lengthFaults, type ResolveRef } from './length-faults.ts'
import { isMalformedQuery } from './query-string.ts'

/**
 * Compiles route schemas, which may refer to the components. Bodies are validated as they are:
 * Fastify's own compiler would turn "5" into 5 and drop unknown fields. Query parameters are
 * strings, and are converted to the type of the schema. Each schema is compiled at its first use:
 * most processes never use most schemas, and compiling all takes a sixth of the CPU time of a
 * start.
 *
 * A validator ends at the first fault. If there is one, the lengths are judged, and only a value of
 * allowed lengths is searched for all its faults: the work of an answer 400 is bounded.
 */
export function createValidatorCompiler(
  components: readonly object[],
): FastifySchemaCompiler<object> {
  const named = new Map(components.map((component) => [`${idOf(component)}#`, component]))
  const resolve: ResolveRef = (ref) => named.get(ref)
  const asTheyAre = createPair(false, components)
  const converting = createPair(true, components)
  return ({ schema, httpPart }) => {
    const { first, all } = httpPart === 'body' ? asTheyAre : converting
    const validate = validateBy({
      schema,
      resolve,
      first: lazy(() => first().compile(schema)),
      all: lazy(() => all().compile(schema)),
    })
    return httpPart === 'querystring' ? validateQueryBy(schema, validate) : validate
  }
}

interface AjvPair {
  readonly first: () => Ajv
  readonly all: () => Ajv
}

function createPair(coerceTypes: boolean, components: readonly object[]): AjvPair {
  return {
    first: lazy(() => createAjv({ coerceTypes, allErrors: false }, components)),
    all: lazy(() => createAjv({ coerceTypes, allErrors: true }, components)),
  }
}

interface Validators {
  readonly schema: object
  readonly resolve: ResolveRef
  readonly first: () => ValidateFunction
  readonly all: () => ValidateFunction
}

type Validate = ReturnType<FastifySchemaCompiler<object>>

/** Fastify reads the faults where Ajv leaves them: at the function. */
function validateBy({ schema, resolve, first, all }: Validators): Validate {
  const validateData: Validate = (data) => {
    const isValid = first()(data)
    validateData.errors = isValid ? null : faultsOf(data)
    return isValid
  }
  function faultsOf(data: unknown) {
    const ofLength = lengthFaults(schema, data, resolve)
    if (ofLength.length > 0) return ofLength
    const validate = all()
    validate(data)
    return validate.errors?.slice(0, maxFaults) ?? []
  }
  return validateData
}

/** Judges the text of a query before Ajv converts its parameters. */
function validateQueryBy(schema: object, validate: Validate): Validate {
  const validateQuery: Validate = (query) => {
    if (isMalformedQuery(query)) {
      const fault = { keyword: 'percent_encoding', instancePath: '', schemaPath: '', params: {} }
      validateQuery.errors = [fault]
      return false
    }
    spoilNumbers(schema, query)
    const isValid = validate(query)
    validateQuery.errors = validate.errors ?? null
    return isValid
  }
  return validateQuery
}

function idOf(component: object): string {
  return '$id' in component ? String(component.$id) : ''
}

/**
 * Spoils the parameters of a query that Ajv would convert to a number though they are none in
 * decimal digits (`0x10`, `1e1`, ` 10`), so that Ajv finds that they have a wrong type.
 */
function spoilNumbers(schema: object, query: unknown): void {
  if (!('properties' in schema) || !isRecord(schema.properties) || !isRecord(query)) return
  for (const [name, value] of Object.entries(query)) {
    if (typeof value !== 'string' || decimal.test(value)) continue
    if (isInteger(schema.properties[name])) query[name] = `not decimal: ${value}`
  }
}

const decimal = /^-?(?:0|[1-9]\d*)$/

function isInteger(schema: unknown): boolean {
  return isRecord(schema) && schema.type === 'integer'
}
