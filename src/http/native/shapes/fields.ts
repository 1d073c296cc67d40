import { Type } from 'typebox'
import { maxDescriptionLength, maxNameLength } from '../../../domain/limits.ts'
import { permissionPattern } from '../../../domain/permission.ts'
import { nullableString } from '../../schema-tools.ts'

/** Fields that several shapes have: first those of answers, then those of requests. */

export const id = (description?: string) =>
  Type.String({
    format: 'uuid',
    examples: ['0192f3a4-5b6c-7d8e-9f01-23456789abcd'],
    ...(description === undefined ? {} : { description }),
  })

export const time = (description?: string) =>
  Type.String({
    format: 'date-time',
    examples: ['2026-11-23T08:25:00.000Z'],
    ...(description === undefined ? {} : { description }),
  })

export const nullableTime = (description: string) =>
  nullableString({ format: 'date-time', description })

/** A flat map of strings: an open object, in which every field is a string. */
export const metadata = (description: string) =>
  Type.Unsafe<Record<string, string>>({
    type: 'object',
    additionalProperties: { type: 'string' },
    description,
    examples: [{ team: 'billing' }],
  })

export const nextCursorField = nullableString({
  description: 'Cursor of the next page; null on the last page.',
})

/** The answer 204 of a deletion. */
export const nothing = Type.Null({ description: 'Success.' })

/**
 * The schema checks the length. The command checks the characters, and names the rule that fails.
 */
export const nameInput = Type.String({
  minLength: 1,
  maxLength: maxNameLength,
  examples: ['ci deploy'],
})

export const descriptionInput = Type.String({ maxLength: maxDescriptionLength })

export const permissionInput = Type.String({
  pattern: permissionPattern,
  examples: ['cluster:read'],
})

export const reasonInput = Type.Optional(
  Type.String({
    maxLength: maxDescriptionLength,
    description: 'Reason for the change; recorded in the audit log.',
  }),
)

/** A time that a filter compares with. */
export const timeFilter = (description: string) =>
  Type.Optional(Type.String({ format: 'date-time', description }))

/** A text that a filter compares with. PostgreSQL refuses a text with a NUL. */
export const textFilter = (maxLength: number, description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength, pattern: '^[^\\u0000]*$', description }))
