import { Type } from 'typebox'
import { oneOf, ref } from '../../schema-tools.ts'

/** A user of Aeon. The service has no users; the clients name the type. */
export const UserStateEnum = oneOf(['ACTIVE', 'PROVISIONED', 'INACTIVE'], {
  $id: 'UserStateEnum',
  description: 'State of a user.',
})

export const UserSpecWithStateInfo = Type.Object(
  {
    email: Type.String({ description: 'E-mail address of the user.' }),
    first_name: Type.Optional(Type.String({ description: 'First name of the user.' })),
    last_name: Type.Optional(Type.String({ description: 'Last name of the user.' })),
    state: Type.Optional(ref(UserStateEnum)),
  },
  { $id: 'UserSpecWithStateInfo', description: 'A user with a role. The service has no users.' },
)
