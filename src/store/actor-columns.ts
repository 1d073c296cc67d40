import type { Actor, ActorKind, VerifiedAs } from '../domain/key/api-key.ts'

/** The actor of four columns. */
export function toActor(
  kind: ActorKind,
  id: string | null,
  name: string | null,
  verified: VerifiedAs | null,
): Actor {
  return verified === null ? { kind, id, name } : { kind, id, name, verified }
}
