import { Type } from 'typebox'
import { maxDescriptionLength, maxNameLength } from '../../../domain/limits.ts'
import { documentOnly } from '../document-form.ts'

/**
 * Fields of the specs, which are the request bodies and a part of the answers. In every body an
 * unknown field is an error, since it may be a restriction that its sender counts on.
 */
export const name = Type.String({
  minLength: 1,
  maxLength: maxNameLength,
  description: 'Name, unique within the account. A revoked or expired key leaves its name free.',
})

export const description = Type.Optional(
  Type.Unsafe<string | null>({
    type: 'string',
    maxLength: maxDescriptionLength,
    description: 'Text for people.',
    ...documentOnly.toleratesNull,
  }),
)

/** An id in a path. */
export function pathId(description: string) {
  return Type.String({ description, ...documentOnly.uuid })
}

/** A text or null, in the words of OpenAPI 3.0. */
export function textOrNull(options: Record<string, unknown> = {}) {
  return Type.Unsafe<string | null>({ type: 'string', nullable: true, ...options })
}
