import { Type } from 'typebox'
import { actorKinds } from '../../../domain/key/api-key.ts'
import { nullableString, oneOf } from '../../schema-tools.ts'

export const ActorBody = Type.Object(
  { kind: oneOf(actorKinds), id: nullableString(), name: nullableString() },
  { $id: 'Actor', description: 'The user, API key or service that performed an action.' },
)
