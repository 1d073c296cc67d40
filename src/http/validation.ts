import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import formats from 'ajv-formats'
import type { FastifySchemaCompiler, FastifySchemaValidationError } from 'fastify'
import { isUuid } from '../domain/uuid.ts'
import type { Fault } from '../errors.ts'
import { whenFirstAsked } from './when-first-asked.ts'

const dateTime = formats.default.get('date-time', 'full') as {
  readonly validate: (text: string) => boolean
}

// The schemas are our own, and tested: to check them against their meta-schema at each start costs 70 ms.
const common = {
  validateSchema: false,
  allErrors: true,
  removeAdditional: false,
  useDefaults: true,
  strict: false,
}

/**
 * Compiles route schemas, which may refer to the components. Bodies are taken as they are: Fastify's
 * own compiler would turn "5" into 5 and drop unknown fields. Query parameters are texts, and are read
 * as what the schema says. Each is compiled when it first has something to judge: most processes never
 * use most of them, and all of them are a sixth of the CPU time of a start.
 */
export function createValidatorCompiler(
  components: readonly object[],
): FastifySchemaCompiler<object> {
  const strict = createAjv({ ...common, coerceTypes: false }, components)
  const coercing = createAjv({ ...common, coerceTypes: true }, components)
  return ({ schema, httpPart }) =>
    validateBy(whenFirstAsked(() => (httpPart === 'body' ? strict : coercing).compile(schema)))
}

/** The faults of a request as Ajv found them, each with the field and the rule. */
export function faultsOfValidation(errors: readonly FastifySchemaValidationError[]): Fault[] {
  return errors.map((error) => {
    const { field, rule } = place(error)
    return { field, rule, message: messageOf(error) }
  })
}

type Validate = ReturnType<FastifySchemaCompiler<object>>

/** Fastify finds the faults where Ajv leaves them: at the function. */
function validateBy(validator: () => ValidateFunction): Validate {
  const judge: Validate = (data) => {
    const validate = validator()
    const isValid = validate(data)
    judge.errors = validate.errors ?? null
    return isValid
  }
  return judge
}

function createAjv(
  options: ConstructorParameters<typeof Ajv>[0],
  components: readonly object[],
): Ajv {
  const ajv = new Ajv(options)
  ajv.addFormat('uuid', isUuid)
  ajv.addFormat('date-time', isDateTime)
  // For generators of clients: the limits of such a number say more.
  ajv.addFormat('int32', true)
  for (const component of components) ajv.addSchema(component)
  return ajv
}

/** RFC 3339, section 5.6, to the letter: ajv-formats alone also takes a space for T, and +0530. */
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
