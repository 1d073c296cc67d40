import { Type } from 'typebox'

/** The times of the creation and of the last change. */
export const EntityMetadata = Type.Object(
  { created_on: Type.String(), updated_on: Type.String() },
  { $id: 'EntityMetadata' },
)
