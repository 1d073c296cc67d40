import { Ajv } from 'ajv'
import { isUuid } from '../domain/uuid.ts'
import { isDateTime } from './date-time.ts'

export interface AjvOptions {
  /** Whether a value of another type is converted: query parameters are strings. */
  readonly coerceTypes: boolean
  /** Whether a validator finds all faults, or ends at the first one. */
  readonly allErrors: boolean
}

/** A validator of requests with our formats, whose schemas may refer to the components. */
export function createAjv(options: AjvOptions, components: readonly object[]): Ajv {
  const ajv = new Ajv({
    ...options,
    // A message says what the schema expects.
    verbose: options.allErrors,
    // Tests cover the schemas: checking them against their meta-schema would cost 70 ms at each
    // start.
    validateSchema: false,
    removeAdditional: false,
    useDefaults: true,
    strict: false,
  })
  ajv.addFormat('uuid', isUuid)
  ajv.addFormat('date-time', isDateTime)
  // For client generators only: `minimum` and `maximum` are stricter.
  ajv.addFormat('int32', true)
  for (const component of components) ajv.addSchema(component)
  return ajv
}
