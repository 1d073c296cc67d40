import { Type } from 'typebox'
import { maxDescriptionLength, maxNameLength } from '../../../domain/limits.ts'
import { permissionPattern } from '../../../domain/permission.ts'
import { documentedAs } from '../../documented-as.ts'
import { expected } from '../../expected-value.ts'
import { nullableString } from '../../schema-tools.ts'

/** Fields that several shapes have: first those of answers, then those of requests. */

const exampleId = '0192f3a4-5b6c-7d8e-9f01-23456789abcd'

export const id = (description: string) =>
  Type.String({ format: 'uuid', examples: [exampleId], description })

/** An id in a path. Any other text is the id of nothing, and answers 404 as well. */
export const pathId = (description: string) =>
  documentedAs(Type.String({ description }), {
    type: 'string',
    format: 'uuid',
    examples: [exampleId],
  })

/** A number in a path. Any other text is the number of nothing. */
export const pathNumber = (description: string) =>
  documentedAs(Type.String({ description }), {
    type: 'integer',
    format: 'int64',
    minimum: 1,
    examples: [1],
  })

export const time = (description: string) =>
  Type.String({ format: 'date-time', examples: ['2026-11-23T08:25:00.000Z'], description })

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

/** What uses a role or an allow list. */
export const keyCount = (which: string) =>
  Type.Optional(
    Type.Integer({
      description: `Number of keys ${which} and are neither revoked nor expired. Only in answers that list or get.`,
    }),
  )

export const nextCursorField = nullableString({
  description: 'Cursor of the next page; null on the last page.',
})

/** The answer 204 of a deletion. */
export const nothing = Type.Null({ description: 'Success.' })

/**
 * The schema checks the length. The command checks the characters, and names the rule that fails.
 */
export const nameInput = (description: string) =>
  Type.String({ minLength: 1, maxLength: maxNameLength, description })

export const descriptionInput = Type.String({
  maxLength: maxDescriptionLength,
  description: 'A text for people.',
})

export const permissionInput = Type.String({
  pattern: permissionPattern,
  description: 'Name of a permission.',
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
export const textFilter = (maxLength: number, description: string, words?: string) =>
  Type.Optional(
    Type.String({
      minLength: 1,
      maxLength,
      pattern: '^[^\\u0000]*$',
      description,
      ...(words !== undefined && expected(words)),
    }),
  )
