import type { DismissalReason } from '../../domain/edge/edge-message.ts'

/** What a close frame says, in at most 123 bytes (RFC 6455, section 5.5). */
export const closeSentences: Readonly<Record<DismissalReason, string>> = {
  stopping: 'The instance stops, or registers anew. Attach again.',
  caller_changed: 'The API key of the edge may not verify any more.',
  slow: 'The edge reads too slowly: more than 1 MiB waits for it.',
  silent: 'The edge has sent nothing that keeps its stream open for too long.',
  protocol_fault: 'The edge broke the rules of the stream.',
  version: 'This service speaks another version.',
}
