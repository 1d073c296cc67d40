import { Type } from 'typebox'
import { maxDescriptionLength, maxNameLength } from '../../../domain/limits.ts'
import { documentedAs } from '../../documented-as.ts'

/**
 * Fields of the specs, which are the request bodies and a part of the answers. In every body an
 * unknown field is an error, since it may be a restriction that its sender counts on.
 */
export const name = Type.String({
  minLength: 1,
  maxLength: maxNameLength,
  description: 'Name, unique within the account. A revoked or expired key leaves its name free.',
})

export const description = toleratingNull<string>({
  type: 'string',
  maxLength: maxDescriptionLength,
  description: 'Text for people.',
})

/**
 * An optional field that takes null for an absent value. Said in the document, null would make
 * another type of the field in generated code.
 */
export function toleratingNull<T>(schema: object) {
  return Type.Optional(documentedAs(Type.Unsafe<T | null>({ ...schema, nullable: true }), schema))
}

/** An id in a path: the service answers that no resource has a malformed one. */
export function pathId(description: string) {
  return documentedAs(Type.String({ description }), { type: 'string', format: 'uuid' })
}

/** A text or null, in the words of OpenAPI 3.0. */
export function textOrNull(options: Record<string, unknown> = {}) {
  return Type.Unsafe<string | null>({ type: 'string', nullable: true, ...options })
}
