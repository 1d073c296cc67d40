/**
 * Spoils the parameters of a query that Ajv would convert to a number though they are none in
 * decimal digits (`0x10`, `1e1`, ` 10`), so that Ajv finds that they have a wrong type.
 */
export function spoilNumbers(schema: object, query: unknown): void {
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

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
