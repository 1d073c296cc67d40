import { Type } from 'typebox'

/**
 * A user of Aeon. The service has no users; the clients name the type. Its state is a plain text:
 * as an enum, its constant ACTIVE would clash with that of keys in generated Go.
 */
export const UserSpecWithStateInfo = Type.Object(
  {
    email: Type.String({ description: 'E-mail address of the user.' }),
    first_name: Type.Optional(Type.String({ description: 'First name of the user.' })),
    last_name: Type.Optional(Type.String({ description: 'Last name of the user.' })),
    state: Type.Optional(
      Type.String({ description: 'State of the user: `ACTIVE`, `PROVISIONED` or `INACTIVE`.' }),
    ),
  },
  { $id: 'UserSpecWithStateInfo', description: 'A user with a role. The service has no users.' },
)
