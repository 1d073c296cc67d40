import { randomUUID } from 'node:crypto'
import type {
  DismissalReason,
  FromEdge,
  Hello,
  Report,
  ToEdge,
  ToEdgeMessage,
  WireQuestion,
} from '../../domain/edge/edge-message.ts'
import {
  closeCodes,
  closedWhenGone,
  edgeVersion,
  judgesAlike,
} from '../../domain/edge/edge-protocol.ts'
import { parseFromEdge } from '../../domain/edge/parse-from-edge.ts'
import type { AttachedEdge } from '../../freshness/attached-edge.ts'
import type { KeyCaller } from '../current-caller.ts'
import { EdgeAuthority, type EdgeCredentials } from './edge-authority.ts'
import { EdgeGrants } from './edge-grants.ts'
import type { EdgeConnection, EdgeHost } from './edge-host.ts'
import { EdgeQuestions, maxQuestions } from './edge-questions.ts'

/** A stream on which more than this waits to be read is given up. */
const maxWaitingBytes = 1024 * 1024
const helloWithinMs = 10_000
/** How long an edge that is dismissed may take to say that it has gone. */
const goneWithinMs = 1_000
/** The shortest time without a beat after which an edge is given up, however short its lease. */
const leastTimeoutMs = 10_000

/** What a close frame says, in at most 123 bytes (RFC 6455, section 5.5). */
const closeSentences: Readonly<Record<DismissalReason, string>> = {
  stopping: 'The instance stops, or registers anew. Attach again.',
  caller_changed: 'The API key of the edge may not verify any more.',
  slow: 'The edge reads too slowly: more than 1 MiB waits for it.',
  silent: 'The edge has sent nothing that keeps its stream open for too long.',
  protocol_fault: 'The edge broke the rules of the stream.',
  version: 'This service speaks another version.',
}

/** One stream to an edge. It knows no socket. docs/edge.md has the reason for each rule. */
export class EdgeStream {
  /** Known to the edge alone. */
  readonly id = randomUUID()
  readonly #host: EdgeHost
  readonly #connection: EdgeConnection
  readonly #authority: EdgeAuthority
  readonly #questions: EdgeQuestions
  #hello: Hello | undefined
  #attached: AttachedEdge | undefined
  #grants: EdgeGrants | undefined
  #givenUpAt: number
  #dismissedFor: DismissalReason | undefined
  #isClosed = false

  constructor(
    host: EdgeHost,
    connection: EdgeConnection,
    who: { readonly caller: KeyCaller; readonly credentials: EdgeCredentials },
  ) {
    const { deps } = host
    this.#host = host
    this.#connection = connection
    this.#authority = new EdgeAuthority(deps, who, () => this.dismiss('caller_changed'))
    this.#questions = new EdgeQuestions({
      deps,
      authority: this.#authority,
      send: (message) => this.#send(message),
      mayKeep: () => this.#mayKeep,
      onFactsSent: () => host.factsSent(),
    })
    this.#givenUpAt = deps.cache.monotonicMs() + helloWithinMs
  }

  /** Whether its edge may answer from memory. */
  get isCounted(): boolean {
    return this.#attached?.isCounted === true
  }

  /** A text frame came. */
  received(text: string): void {
    const message = parseFromEdge(text)
    if (this.#isClosed) {
      if (message?.kind === 'gone') this.#release()
    } else if (message === undefined) this.fault('The frame is no message of this version.')
    else if (message.kind === 'hello') this.#greet(message)
    else if (this.#attached === undefined) this.fault('The first message must be a hello.')
    else this.#take(message, this.#attached)
  }

  /** The edge broke the rules of the stream. */
  fault(sentence: string): void {
    this.#end('protocol_fault', sentence)
  }

  /** The connection is closed. That does not end the edge. */
  closed(): void {
    this.#isClosed = true
    this.#attached?.closed()
  }

  /** The edge has attached anew, after it dropped all that this stream has told it. */
  replaced(): void {
    this.#gone()
  }

  /** Asks the edge to go; it is cut off if it does not. */
  dismiss(reason: DismissalReason): void {
    if (this.#attached === undefined) this.#end(reason)
    else this.#attached.dismiss(reason)
  }

  /** Ends a stream whose edge is unresponsive, or that was dismissed and does not go. */
  checkDeadline(now: number): void {
    if (this.#isClosed || now < this.#givenUpAt) return
    this.#end(this.#dismissedFor ?? 'silent')
  }

  /** Whether facts may be sent in this step. An edge with older rules would accept too much. */
  get #mayKeep(): boolean {
    return this.#attached?.mayKeep === true && judgesAlike(this.#hello?.judge ?? 0)
  }

  #greet(hello: Hello): void {
    if (this.#hello !== undefined) {
      this.fault('A second hello.')
      return
    }
    if (hello.version !== edgeVersion) {
      this.#end('version', `This service speaks version ${edgeVersion}.`)
      return
    }
    this.#hello = hello
    if (hello.replaces !== undefined) this.#host.replaced(hello.replaces)
    const { leaseMs, expiryWarningMs } = this.#host.deps
    const welcome = { version: edgeVersion, stream: this.id, leaseMs, maxQuestions }
    this.#send({ kind: 'welcome', ...welcome, expiryWarningMs })
    const attached = this.#host.attach(
      (message) => this.#tell(message),
      this.#authority.caller,
      () => void this.#grants?.restore(),
    )
    this.#attached = attached
    this.#grants = new EdgeGrants(this.#host.deps, this.#authority, attached)
    this.#heard()
    // A change that came after the request named nobody: the edge was on no stream yet.
    if (!this.#authority.isCurrent) attached.suspend()
  }

  #take(message: FromEdge<WireQuestion>, attached: AttachedEdge): void {
    switch (message.kind) {
      case 'beat':
        this.#heard()
        this.#count(message.report)
        if (!this.#grants?.beat(message.number)) this.fault('The numbers of beats must rise.')
        break
      case 'confirmed':
        if (attached.confirm(message.sequence)) this.#host.released()
        else this.fault('A confirmation of what was not sent, or a repeated one.')
        break
      case 'asked':
        this.#questions.ask(message.question, message.of)
        break
      case 'gone':
        this.#gone()
    }
  }

  #count(report: Report | undefined): void {
    const edge = this.#hello?.edge
    if (report === undefined || edge === undefined || !this.#host.reported(edge, report)) return
    this.#send({ kind: 'reported', number: report.number })
  }

  #tell(message: ToEdge<never>): void {
    this.#send(message)
    if (message.kind !== 'dismissed') return
    this.#note(message.reason)
    this.#givenUpAt = this.#host.deps.cache.monotonicMs() + goneWithinMs
  }

  #note(reason: DismissalReason): void {
    if (this.#dismissedFor !== undefined) return
    this.#dismissedFor = reason
    this.#host.dismissed(reason)
  }

  #gone(): void {
    this.#release()
    const reason = this.#dismissedFor
    if (reason === undefined) this.#close(closedWhenGone, 'gone')
    else this.#close(closeCodes[reason], closeSentences[reason])
  }

  #release(): void {
    this.#attached?.gone()
    this.#host.released()
  }

  #end(reason: DismissalReason, sentence = closeSentences[reason]): void {
    if (this.#isClosed) return
    this.#note(reason)
    this.#attached?.dismiss(reason)
    this.#close(closeCodes[reason], sentence)
  }

  #close(code: number, sentence: string): void {
    if (this.#isClosed) return
    this.closed()
    this.#connection.close(code, sentence)
  }

  #heard(): void {
    if (this.#dismissedFor !== undefined) return
    const { cache, leaseMs } = this.#host.deps
    this.#givenUpAt = cache.monotonicMs() + Math.max(leastTimeoutMs, 3 * leaseMs)
  }

  #send(message: ToEdgeMessage): void {
    if (this.#isClosed) return
    this.#connection.send(JSON.stringify(message))
    if (this.#connection.waitingBytes > maxWaitingBytes) this.#end('slow')
  }
}
