import { type Protocol, shipped } from '../protocol.ts'
import { judgeAt } from '../verdicts.ts'

/**
 * A key ends at the time that the clock of its author said, and each instance asks its own clock.
 */
export const endAsATime: Protocol = {
  ...shipped,
  judge(facts, wall) {
    const due = (end: Date | null) => (end !== null && end.getTime() <= wall ? end : null)
    const ended = { revokedAt: due(facts.revokedAt), disabledAt: due(facts.disabledAt) }
    return judgeAt({ ...facts, ...ended }, wall)
  },
}
