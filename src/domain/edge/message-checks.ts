import { isRecord } from '../is-record.ts'
import { parseJson } from '../parse-json.ts'

/** An object of JSON whose members are not checked yet. */
export type Members = Readonly<Record<string, unknown>>

/** The value that a check accepts, once it is found to be of the type. */
export type Check<Value> = (value: unknown) => value is Value

/** The object of a JSON text; undefined: the text is none. */
export function parseObject(text: string): Members | undefined {
  const value = parseJson(text)
  return isRecord(value) ? value : undefined
}

/** A whole number that is not negative. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

/** A length of time, or a Unix time, in milliseconds: a Date can hold it. */
export function isMs(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 8.64e15
}

/** As `isMs`; null stands for a time that there is not. */
export function isMsOrNull(value: unknown): value is number | null {
  return value === null || isMs(value)
}

export function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean'
}

export function isText(value: unknown): value is string {
  return typeof value === 'string'
}

/** A text of at most so many UTF-16 code units. */
export function isTextUpTo(maxLength: number): Check<string> {
  return (value): value is string => typeof value === 'string' && value.length <= maxLength
}

export function isOneOf<Known extends string>(known: readonly Known[]): Check<Known> {
  return (value): value is Known => known.some((one) => one === value)
}

/** An array of at most so many members. A longer one is refused before its members are read. */
export function isListOf<Value>(
  isMember: Check<Value>,
  maxLength = Number.POSITIVE_INFINITY,
): Check<readonly Value[]> {
  return (value): value is readonly Value[] =>
    Array.isArray(value) && value.length <= maxLength && value.every(isMember)
}

/** A member that may be absent. */
export function isOptional<Value>(isValue: Check<Value>): Check<Value | undefined> {
  return (value): value is Value | undefined => value === undefined || isValue(value)
}

/** An object whose members all pass their checks. Other members are not looked at. */
export function isShapeOf<Shape extends object>(
  checks: {
    readonly [Name in keyof Shape]-?: Check<Shape[Name]>
  },
): Check<Shape> {
  const named = Object.entries<Check<unknown>>(checks)
  return (value): value is Shape =>
    isRecord(value) && named.every(([name, check]) => check(value[name]))
}
