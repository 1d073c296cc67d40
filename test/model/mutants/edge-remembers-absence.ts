import { AbsentTokens } from '../../../src/domain/edge/absent-tokens.ts'
import { EdgeFollower } from '../../../src/domain/edge/edge-follower.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** That a token is unknown is remembered for its second, whatever is invalidated. */
class RemembersAbsence<Verdict> extends AbsentTokens<Verdict> {
  override recall(...[digest, , now]: Parameters<AbsentTokens<Verdict>['recall']>) {
    return super.recall(digest, 0, now)
  }

  override keep(...[digest, verdict, sent]: Parameters<AbsentTokens<Verdict>['keep']>): void {
    super.keep(digest, verdict, { ...sent, epoch: 0 }, 0)
  }
}

class Remembering<
  Facts extends { id: string; accountId: string },
  Verdict,
  Asked,
> extends EdgeFollower<Facts, Verdict, Asked> {
  protected override readonly absent = new RemembersAbsence<Verdict>()
}

export const edgeRemembersAbsence: Protocol = {
  ...shipped,
  edgeFollower: (options) => new Remembering(options),
}
