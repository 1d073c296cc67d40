import { type Static, Type } from 'typebox'
import type { Person } from '../../../domain/person/person.ts'
import { type StateFacts, type UserState, userStateOf } from '../../../domain/person/user-state.ts'

export const aeonUserStates = ['ACTIVE', 'PROVISIONED', 'INACTIVE'] as const

export type AeonUserState = (typeof aeonUserStates)[number]

/** A plain text: as an enum, its constant ACTIVE would clash with that of keys in generated Go. */
export const userState = Type.Unsafe<AeonUserState>({
  type: 'string',
  description:
    'State of the user: `ACTIVE`; `PROVISIONED`, who has never signed in; or `INACTIVE`, whose role followed from claims of the provider and has ended until the next sign-in.',
})

/** The states of the service by those of Aeon: the clients may refuse any other. */
export const statesOfAeon: Readonly<Record<AeonUserState, UserState>> = {
  ACTIVE: 'active',
  PROVISIONED: 'awaited',
  INACTIVE: 'lapsed',
}

export function toAeonUserState(user: StateFacts, now: Date): AeonUserState {
  const state = userStateOf(user, now)
  const found = aeonUserStates.find((name) => statesOfAeon[name] === state)
  if (found === undefined) throw new Error('A state of users has no name of Aeon.')
  return found
}

export const UserSpec = Type.Object(
  {
    email: Type.String({
      description: 'E-mail address that the provider has verified. Empty: there is none.',
    }),
    first_name: Type.Optional(
      Type.String({
        description: 'Whole name of the user; the identifier at the provider if it states no name.',
      }),
    ),
    last_name: Type.Optional(
      Type.String({ description: 'Always absent: the service does not take names apart.' }),
    ),
  },
  { $id: 'UserSpec', description: 'What a provider states of a user.' },
)

export const UserSpecWithStateInfo = Type.Object(
  { ...UserSpec.properties, state: Type.Optional(userState) },
  { $id: 'UserSpecWithStateInfo', description: 'A user in the list of the users of a role.' },
)

/**
 * The clients find users by their address alone, and then act on them: one that a provider has not
 * verified may be that of another person, and is not shown.
 */
export function toUserSpec({
  email,
  emailVerified,
  name,
  subject,
}: Pick<Person, 'email' | 'emailVerified' | 'name' | 'subject'>): Static<typeof UserSpec> {
  return { email: emailVerified ? (email ?? '') : '', first_name: name ?? subject }
}
