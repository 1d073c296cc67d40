import type { CallerPrincipal, SessionRef } from '../../domain/principal.ts'
import { notFound } from '../../errors.ts'

/** The session by which the principal acts. Throws `not_found` if it presented a token. */
export function requireSession({ session }: Pick<CallerPrincipal, 'session'>): SessionRef {
  if (session === undefined) throw notFound('session')
  return session
}
