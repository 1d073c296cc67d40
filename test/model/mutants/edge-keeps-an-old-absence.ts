import { AbsentTokens } from '../../../src/domain/edge/absent-tokens.ts'
import { EdgeFollower } from '../../../src/domain/edge/edge-follower.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** That a token is unknown is remembered, though something was invalidated since it was asked. */
class KeepsOldAbsence<Verdict> extends AbsentTokens<Verdict> {
  override keep(...[digest, verdict, sent, epoch]: Parameters<AbsentTokens<Verdict>['keep']>) {
    super.keep(digest, verdict, { ...sent, epoch }, epoch)
  }
}

class Keeping<Facts extends { id: string; accountId: string }, Verdict, Asked> extends EdgeFollower<
  Facts,
  Verdict,
  Asked
> {
  protected override readonly absent = new KeepsOldAbsence<Verdict>()
}

export const edgeKeepsAnOldAbsence: Protocol = {
  ...shipped,
  edgeFollower: (options) => new Keeping(options),
}
