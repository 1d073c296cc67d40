import { type Static, Type } from 'typebox'
import { type Actor, actorKinds } from '../../../domain/key/api-key.ts'
import { nullableString, openEnum } from '../../schema-tools.ts'

export const ActorBody = Type.Object(
  {
    kind: openEnum(actorKinds, 'Kind of the actor.'),
    id: nullableString({ description: 'Id of the user or key. Null: the service itself.' }),
    name: nullableString({ description: 'Name at that time. Null if there is none.' }),
    verified: Type.Optional(
      Type.Boolean({
        description:
          'True: this service had authenticated the user. Absent: a trusted backend named the user, or the actor is not a user.',
      }),
    ),
  },
  { $id: 'Actor', description: 'The user, API key or service that performed an action.' },
)

export function toActorBody({ kind, id, name, verified }: Actor): Static<typeof ActorBody> {
  return { kind, id, name, ...(verified !== undefined && { verified: true }) }
}
