import type { CallerPrincipal, KeyPrincipal, UserPrincipal } from '../domain/principal.ts'

/** Who a request turned out to be of. */
export type AuthenticatedCaller =
  | Pick<KeyPrincipal, 'kind' | 'key'>
  | Pick<UserPrincipal, 'kind' | 'user' | 'token'>

/** From where and by which session a caller calls, and how old what is known of it is. */
export type Admitted = Pick<CallerPrincipal, 'address' | 'epoch' | 'readAt' | 'session'>

/** Lets a caller in where the access rule of the route does; throws otherwise. */
export type Admit = (caller: AuthenticatedCaller, admitted: Admitted) => Promise<void> | undefined
