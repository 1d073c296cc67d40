import type { DismissalReason } from './edge-message.ts'

/** The version of the messages. Another version is another subprotocol. */
export const edgeVersion = 1
/** `Sec-WebSocket-Protocol`. */
export const edgeSubprotocol = 'aeon-keys.edge.v1'

/**
 * The version of the rules of `judge`. Raise it with a restriction of keys that older rules do not
 * know: an edge of a lower version gets verdicts on such keys and no facts, or it would accept what
 * the restriction forbids.
 */
export const judgeVersion = 1

/** Whether an edge with rules of this version judges as this service does. */
export function judgesAlike(judge: number): boolean {
  return judge >= judgeVersion
}

/** The longest frame of an edge, in bytes: a report and a question are shorter. */
export const maxFrameBytes = 128 * 1024
/** Entries of each kind in one report. */
export const maxReportEntries = 500
/**
 * The most uses or denials that one entry of a report counts: as many as an edge could answer in an
 * hour. An edge that counted more reports this many.
 */
export const maxReportedCount = 1_000_000_000
/** Ranges of one family that facts may have; a key with more gets verdicts only. */
export const maxWireRanges = 1_000

/** The close codes of the instance (RFC 6455, section 7.4.2: 4000 to 4999 are private). */
export const closeCodes: Readonly<Record<DismissalReason, number>> = {
  stopping: 4001,
  caller_changed: 4002,
  slow: 4003,
  silent: 4004,
  protocol_fault: 4005,
  version: 4006,
}
/** The close code after an edge has said that it has gone. */
export const closedWhenGone = 1000
