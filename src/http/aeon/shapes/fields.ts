import { Type } from 'typebox'
import { maxDescriptionLength, maxNameLength } from '../../../domain/limits.ts'
import { nullableString } from '../../schema-tools.ts'

/**
 * Fields of the request bodies, which are bare specs. In every body an unknown field is an error,
 * since it may be a restriction that its sender counts on.
 */
export const name = Type.String({ minLength: 1, maxLength: maxNameLength })

export const description = Type.Optional(nullableString({ maxLength: maxDescriptionLength }))
