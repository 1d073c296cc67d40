import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import formats from 'ajv-formats'
import type { FastifySchemaCompiler, FastifySchemaValidationError } from 'fastify'
import { isUuid } from '../domain/uuid.ts'
import type { Fault } from '../errors.ts'
import { lazy } from './lazy.ts'

const dateTime = formats.default.get('date-time', 'full') as {
  readonly validate: (text: string) => boolean
}

// Tests cover the schemas: checking them against their meta-schema would cost 70 ms at each start.
const common = {
  validateSchema: false,
  allErrors: true,
  removeAdditional: false,
  useDefaults: true,
  strict: false,
}

/**
 * Compiles route schemas, which may refer to the components. Bodies are validated as they are:
 * Fastify's own compiler would turn "5" into 5 and drop unknown fields. Query parameters are
 * strings, and are converted to the type of the schema. Each schema is compiled at its first use:
 * most processes never use most schemas, and compiling all takes a sixth of the CPU time of a
 * start.
 */
export function createValidatorCompiler(
  components: readonly object[],
): FastifySchemaCompiler<object> {
  const strict = createAjv({ ...common, coerceTypes: false }, components)
  const coercing = createAjv({ ...common, coerceTypes: true }, components)
  return ({ schema, httpPart }) =>
    validateBy(lazy(() => (httpPart === 'body' ? strict : coercing).compile(schema)))
}

/** The faults that Ajv found in a request, each with its field and rule. */
export function faultsOfValidation(errors: readonly FastifySchemaValidationError[]): Fault[] {
  return errors.map((error) => {
    const { field, rule } = place(error)
    return { field, rule, message: messageOf(error) }
  })
}

type Validate = ReturnType<FastifySchemaCompiler<object>>

/** Fastify reads the faults where Ajv leaves them: at the function. */
function validateBy(validator: () => ValidateFunction): Validate {
  const validateData: Validate = (data) => {
    const validate = validator()
    const isValid = validate(data)
    validateData.errors = validate.errors ?? null
    return isValid
  }
  return validateData
}

function createAjv(
  options: ConstructorParameters<typeof Ajv>[0],
  components: readonly object[],
): Ajv {
  const ajv = new Ajv(options)
  ajv.addFormat('uuid', isUuid)
  ajv.addFormat('date-time', isDateTime)
  // For client generators only: `minimum` and `maximum` are stricter.
  ajv.addFormat('int32', true)
  for (const component of components) ajv.addSchema(component)
  return ajv
}

/** RFC 3339, section 5.6. ajv-formats alone also accepts a space in place of T, and +0530. */
function isDateTime(text: string): boolean {
  return (
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/i.test(text) &&
    dateTime.validate(text)
  )
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
