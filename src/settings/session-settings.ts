import { Type } from 'typebox'

/** How long sessions of the console last. */
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
      'Seconds after its key was given during which a session may perform sensitive acts. After that the console asks for the key again.',
  }),
}
