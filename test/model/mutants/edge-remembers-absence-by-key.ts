import { AbsentTokens } from '../../../src/domain/edge/absent-tokens.ts'
import { EdgeFollower } from '../../../src/domain/edge/edge-follower.ts'
import { type Protocol, shipped } from '../protocol.ts'
import { tokens } from '../tokens.ts'

/** That a token is unknown is remembered of its key, and not of this very text. */
class ByKey<Verdict> extends AbsentTokens<Verdict> {
  override recall(...[digest, epoch, now]: Parameters<AbsentTokens<Verdict>['recall']>) {
    return super.recall(keyOf(digest), epoch, now)
  }

  override keep(...[digest, verdict, sent, epoch]: Parameters<AbsentTokens<Verdict>['keep']>) {
    super.keep(keyOf(digest), verdict, sent, epoch)
  }
}

class Remembering<
  Facts extends { id: string; accountId: string },
  Verdict,
  Asked,
> extends EdgeFollower<Facts, Verdict, Asked> {
  protected override readonly absent = new ByKey<Verdict>()
}

export const edgeRemembersAbsenceByKey: Protocol = {
  ...shipped,
  edgeFollower: (options) => new Remembering(options),
}

function keyOf(digest: string): string {
  return `key ${tokens.find((token) => token.digest === digest)?.key}`
}
