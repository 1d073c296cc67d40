import type { DismissalReason, Report, ToEdge } from '../../domain/edge/edge-message.ts'
import type { AttachedEdge } from '../../freshness/attached-edge.ts'
import type { KeyCaller } from '../current-caller.ts'
import type { EdgesDeps } from './edges-deps.ts'

/** The connection of a stream. What is sent is in order. */
export interface EdgeConnection {
  /** What was sent and has not left this process. */
  readonly waitingBytes: number
  send(text: string): void
  /** Ends the connection, after what was sent. */
  close(code: number, reason: string): void
}

/** What a stream asks of the instance that it is attached to. */
export interface EdgeHost {
  readonly deps: EdgesDeps
  attach(
    send: (message: ToEdge<never>) => void,
    caller: KeyCaller,
    onSuspended: () => void,
  ): AttachedEdge
  /** An edge has confirmed, or has gone: more may be acknowledged. */
  released(): void
  /** The edge has dropped what the stream with this secret id has told it. */
  replaced(stream: string): void
  /** Whether a report is counted; false: there is no place for it now. */
  reported(edge: string, report: Report): boolean
  dismissed(reason: DismissalReason): void
  factsSent(): void
}
