import { Type } from 'typebox'

/** How long sessions of the console last, and where people sign in. */
export const sessionSettings = {
  SESSION_IDLE_SECONDS: Type.Integer({
    default: 1_800,
    minimum: 60,
    maximum: 2_592_000,
    description:
      'Seconds without a request after which a session of the console ends. Uses are written every USE_FLUSH_MS: beside other instances, a session may end that much earlier.',
  }),
  SESSION_LIFETIME_SECONDS: Type.Integer({
    default: 43_200,
    minimum: 60,
    maximum: 2_592_000,
    description:
      'Seconds after sign-in at which a session of the console ends, however it is used.',
  }),
  SESSION_CONFIRMATION_SECONDS: Type.Integer({
    default: 600,
    minimum: 0,
    maximum: 2_592_000,
    description:
      'Seconds after its key was given, or its person proved an identity, during which a session may perform sensitive acts. After that the console asks for the key or for a sign-in again.',
  }),
  OIDC_FILE: Type.Optional(
    Type.String({
      description:
        'JSON file of the OpenID Connect providers at which people sign in to the console and whose JWTs count at /v1, and of the roles that claims give: docs/people.md. Unset: people sign in with keys only.',
    }),
  ),
}
