import type { Actor } from '../../../domain/key/api-key.ts'
import { actorSeenBy, type CallerPrincipal, rightsOf } from '../../../domain/principal.ts'

/**
 * The issuer of a key as one text, never empty: the name of the user (to Aeon, an e-mail address)
 * or key.
 */
export function issuerSeenBy(actor: Actor, reader: CallerPrincipal): string {
  const { name, id, kind } = actorSeenBy(actor, rightsOf(reader).platform)
  return name ?? id ?? kind
}
