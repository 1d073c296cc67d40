import { Type } from 'typebox'

/** The times of the creation and of the last change. Nullable: so the clients read it. */
export const EntityMetadata = Type.Object(
  {
    created_on: Type.String({ description: 'Time of the creation.' }),
    updated_on: Type.String({ description: 'Time of the last change.' }),
  },
  {
    $id: 'EntityMetadata',
    nullable: true,
    description: 'Times of the creation and the last change.',
  },
)
