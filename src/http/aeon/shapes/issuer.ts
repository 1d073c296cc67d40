import type { Actor } from '../../../domain/key/api-key.ts'
import { actorSeenBy, type KeyPrincipal } from '../../../domain/principal.ts'

/**
 * The issuer of a key as one text, never empty: the name of the user (to Aeon, an e-mail address)
 * or key.
 */
export function issuerSeenBy(actor: Actor, reader: KeyPrincipal): string {
  const { name, id, kind } = actorSeenBy(actor, reader.key.platform)
  return name ?? id ?? kind
}
