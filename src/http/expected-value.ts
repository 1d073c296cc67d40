import { maxEmailLength } from '../domain/limits.ts'
import { permissionPattern } from '../domain/permission.ts'

/** The parts of a schema of which the words of a message are made. */
export interface ValueSchema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly pattern?: string
  readonly enum?: readonly unknown[]
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly items?: ValueSchema
  readonly properties?: Readonly<Record<string, ValueSchema>>
  /** What to write where the other parts do not say it. The documents leave it out. */
  readonly 'x-expected'?: string
}

/** The words that messages about a value use in place of the rules of its schema. */
export function expected(words: string) {
  return { 'x-expected': words } as const
}

/** What a value must be, in words that end a sentence: "a whole number from 1 to 200". */
export function expectedValue(schema: ValueSchema | undefined): string {
  if (schema === undefined) return 'another value'
  const types = [schema.type ?? []].flat()
  const words = wordsOf(schema, types)
  if (types.includes('null')) words.push('null')
  return words.join(words[0]?.includes(',') ? ', or ' : ' or ')
}

function wordsOf(schema: ValueSchema, types: readonly string[]): string[] {
  if (schema['x-expected'] !== undefined) return [schema['x-expected']]
  if (schema.$ref !== undefined) return ['an object']
  const words = types.filter((type) => type !== 'null').map((type) => expectedOf(type, schema))
  return words.length === 0 ? ['another value'] : words
}

export const expectedPermission = 'a permission, such as cluster:read'
export const expectedUuid = 'a UUID, such as 0192f3a4-5b6c-7d8e-9f01-23456789abcd'
export const expectedTime = 'a time with seconds and zone, such as 2027-01-01T00:00:00Z'
export const expectedAddress = 'one IPv4 or IPv6 address, such as 203.0.113.7'
export const expectedEntry =
  'an IPv4 or IPv6 address, such as 203.0.113.7, or a range, such as 198.51.100.0/24'
export const expectedRole = 'the id or the name of a role, such as developer'
export const expectedEmail = `an e-mail address in ASCII of at most ${maxEmailLength} characters, such as ada@example.com`

/** Words of a list in one text, separated by commas. */
export function expectedList(values: readonly string[]): string {
  return `one or more of ${values.join(', ')}, separated by commas`
}

function expectedOf(type: string, schema: ValueSchema): string {
  if (schema.enum !== undefined) return expectedChoice(schema.enum)
  switch (type) {
    case 'string':
      return expectedString(schema)
    case 'integer':
    case 'number':
      return `a whole number${range(schema.minimum, schema.maximum)}`
    case 'boolean':
      return 'true or false'
    case 'array':
      return `an array of ${count(schema.minItems, schema.maxItems, nounOf(schema.items))}`
    default:
      return 'an object'
  }
}

function expectedChoice(values: readonly unknown[]): string {
  return values.length === 1 ? String(values[0]) : `one of ${values.join(', ')}`
}

function expectedString({ format, pattern, minLength, maxLength }: ValueSchema): string {
  if (format === 'date-time') return expectedTime
  if (format === 'uuid') return expectedUuid
  if (pattern === permissionPattern) return expectedPermission
  const length =
    minLength === undefined && maxLength === undefined
      ? ''
      : ` of ${count(minLength, maxLength, 'character')}`
  if (pattern === undefined) return `a string${length}`
  // PostgreSQL stores no NUL.
  if (pattern === '^[^\\u0000]*$') return `a string${length} without the character NUL`
  return `a string that matches ${pattern}`
}

function range(least: number | undefined, most: number | undefined): string {
  if (least === undefined) return most === undefined ? '' : ` of at most ${most}`
  return most === undefined ? ` of at least ${least}` : ` from ${least} to ${most}`
}

function count(least = 0, most: number | undefined, noun: string): string {
  if (most === undefined) return least === 0 ? plural(2, noun) : `at least ${plural(least, noun)}`
  if (least === 0) return `at most ${plural(most, noun)}`
  return least === most ? plural(most, noun) : `${least} to ${plural(most, noun)}`
}

function plural(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

function nounOf(items: ValueSchema | undefined): string {
  if (items?.format === 'uuid') return 'UUID'
  if (items?.['x-expected'] === expectedEntry) return 'addresses and range'
  if (items?.pattern === permissionPattern) return 'permission'
  return items?.type === 'string' ? 'string' : 'element'
}
