import { AbsentTokens } from '../../../src/domain/edge/absent-tokens.ts'
import { EdgeFollower } from '../../../src/domain/edge/edge-follower.ts'
import type { Moment } from '../../../src/domain/protocol/lease.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** That a token is unknown is remembered for longer than a second. */
class ForLong<Verdict> extends AbsentTokens<Verdict> {
  readonly #sentAt = new Map<string, Moment>()

  override recall(...[digest, epoch, now]: Parameters<AbsentTokens<Verdict>['recall']>) {
    return super.recall(digest, epoch, this.#sentAt.get(digest) ?? now)
  }

  override keep(...[digest, verdict, sent, epoch]: Parameters<AbsentTokens<Verdict>['keep']>) {
    this.#sentAt.set(digest, sent.at)
    super.keep(digest, verdict, sent, epoch)
  }
}

class Remembering<
  Facts extends { id: string; accountId: string },
  Verdict,
  Asked,
> extends EdgeFollower<Facts, Verdict, Asked> {
  protected override readonly absent = new ForLong<Verdict>()
}

export const edgeRemembersAbsenceForLong: Protocol = {
  ...shipped,
  edgeFollower: (options) => new Remembering(options),
}
