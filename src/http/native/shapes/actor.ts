import { Type } from 'typebox'
import { actorKinds } from '../../../domain/key/api-key.ts'
import { nullableString, openEnum } from '../../schema-tools.ts'

export const ActorBody = Type.Object(
  {
    kind: openEnum(actorKinds, 'Kind of the actor.'),
    id: nullableString({ description: 'Id of the user or key. Null: the service itself.' }),
    name: nullableString({ description: 'Name at that time. Null if there is none.' }),
  },
  { $id: 'Actor', description: 'The user, API key or service that performed an action.' },
)
