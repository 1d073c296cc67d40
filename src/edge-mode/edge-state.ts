import type { EdgeVerdicts } from './edge-verdicts.ts'

/** What an edge rests on, as it is when it is read. */
export function edgeStateOf(verdicts: EdgeVerdicts) {
  const { attachment, counters } = verdicts
  return {
    get isAttached() {
      return attachment.follower.isAttached
    },
    get leaseRemainingMs() {
      return verdicts.leaseRemainingMs
    },
    get lastContactMs() {
      return verdicts.lastContactMs
    },
    get detachedBy() {
      return attachment.detachedBy?.message
    },
    get entries() {
      return attachment.memory.size
    },
    get attachments() {
      return verdicts.attachments
    },
    get questions() {
      return attachment.follower.questions
    },
    get unanswered() {
      return verdicts.unanswered
    },
    counters,
  }
}
