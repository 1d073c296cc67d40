import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import { isUuid } from '../domain/uuid.ts'

const dateTime = formats.default.get('date-time', 'full') as {
  readonly validate: (text: string) => boolean
}

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

/**
 * RFC 3339, section 5.6: any number of fractional digits, of which a Date keeps three. ajv-formats
 * alone also accepts a space in place of T, and +0530.
 */
function isDateTime(text: string): boolean {
  return (
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i.test(text) &&
    dateTime.validate(text)
  )
}
