import type { CachedCredential } from '../../../src/verification/credential-cache.ts'
import { verdictOf } from '../keys.ts'
import { type Protocol, shipped } from '../protocol.ts'
import { Verifier } from '../verifier.ts'

/** A key ends at the time that its author's clock said, and each instance asks its own. */
class EndAsATime extends Verifier {
  protected override verdictOf({ facts }: CachedCredential): string {
    const wall = this.node.process.machine.wall()
    const due = (end: Date | null) => (end !== null && end.getTime() <= wall ? end : null)
    return verdictOf(
      { ...facts, revokedAt: due(facts.revokedAt), disabledAt: due(facts.disabledAt) },
      wall,
    )
  }
}

export const endAsATime: Protocol = { ...shipped, verifier: (node) => new EndAsATime(node) }
