import type { Actor } from '../../domain/key/api-key.ts'
import { actorSeenBy, type KeyPrincipal } from '../../domain/principal.ts'

/** Who made a key, in one text that is never empty: a user's name, which is an e-mail address to Aeon, or a key's. */
export function issuerSeenBy(actor: Actor, reader: KeyPrincipal): string {
  const { name, id, kind } = actorSeenBy(actor, reader.key.platform)
  return name ?? id ?? kind
}
