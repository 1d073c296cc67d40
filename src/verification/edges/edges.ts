import { type DismissalReason, dismissalReasons } from '../../domain/edge/edge-message.ts'
import type { EdgeStreams } from '../../freshness/edge-streams.ts'
import type { KeyCaller } from '../current-caller.ts'
import type { EdgeCredentials } from './edge-authority.ts'
import type { EdgeConnection, EdgeHost } from './edge-host.ts'
import { EdgeReports } from './edge-reports.ts'
import { EdgeStream } from './edge-stream.ts'
import type { EdgesDeps } from './edges-deps.ts'

export interface EdgesOptions {
  readonly deps: EdgesDeps
  readonly maxEdges: number
  readonly streams: EdgeStreams
  /** Asks for a sync cycle, which acknowledges. */
  readonly trigger: () => void
}

/** How often streams are looked after: time alone may end one, or let an acknowledgement rise. */
const lookEveryMs = 50
/** Every so many looks, streams are checked for unresponsive edges. */
const looksPerCheck = 10
/** How long the edges of a process that stops may take to go. */
const goWithinMs = 2_000

/** The streams of this process to its edges. */
export class Edges {
  readonly #options: EdgesOptions
  readonly #open = new Map<string, EdgeStream>()
  /** Closed streams whose edges may still answer: acknowledgements wait for them. */
  readonly #left = new Map<string, EdgeStream>()
  readonly #looking: NodeJS.Timeout
  readonly reports = new EdgeReports()
  readonly dismissals = Object.fromEntries(dismissalReasons.map((reason) => [reason, 0])) as Record<
    DismissalReason,
    number
  >
  #looks = 0
  #factsSent = 0
  #isStopping = false

  constructor(options: EdgesOptions) {
    this.#options = options
    this.#looking = setInterval(() => this.#look(), lookEveryMs).unref()
  }

  /** How many streams are open. */
  get open(): number {
    return this.#open.size
  }

  /** Whether another stream finds a place. */
  get hasPlace(): boolean {
    return this.#open.size < this.#options.maxEdges
  }

  /** How many edges may answer from memory. */
  get counted(): number {
    return this.#options.streams.counted
  }

  get factsSent(): number {
    return this.#factsSent
  }

  get invalidations(): number {
    return this.#options.streams.invalidations
  }

  /** How long the edge that is furthest behind has left a message unconfirmed. */
  get confirmationLagMs(): number {
    const { unconfirmedSince } = this.#options.streams
    if (unconfirmedSince === undefined) return 0
    return this.#options.deps.cache.monotonicMs() - unconfirmedSince
  }

  /** A new connection, whose request was authenticated. Tell the stream of all that comes. */
  accept(
    connection: EdgeConnection,
    who: { readonly caller: KeyCaller; readonly credentials: EdgeCredentials },
  ): EdgeStream {
    const stream = new EdgeStream(this.#host(), connection, who)
    this.#open.set(stream.id, stream)
    if (this.#isStopping) stream.dismiss('stopping')
    return stream
  }

  /** The connection of a stream is closed. */
  closed(stream: EdgeStream): void {
    this.#open.delete(stream.id)
    stream.closed()
    if (stream.isCounted) this.#left.set(stream.id, stream)
  }

  /** Dismisses all edges; resolves when their streams are closed, which takes at most 2 s. */
  async stop(): Promise<void> {
    this.#isStopping = true
    for (const stream of this.#open.values()) stream.dismiss('stopping')
    const givenUpAt = performance.now() + goWithinMs
    while (this.#open.size > 0 && performance.now() < givenUpAt) {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    clearInterval(this.#looking)
  }

  #host(): EdgeHost {
    const { deps, streams, trigger } = this.#options
    return {
      deps,
      attach: (send, { key }, onSuspended) => streams.attach(send, { key, onSuspended }),
      released: () => {
        if (streams.advance()) trigger()
      },
      replaced: (id) => this.#replaced(id),
      reported: (edge, report) => this.reports.add(edge, report),
      dismissed: (reason) => {
        this.dismissals[reason] += 1
      },
      factsSent: () => {
        this.#factsSent += 1
      },
    }
  }

  /** The stream is cut more often than not: its edge notices at once, and attaches anew. */
  #replaced(id: string): void {
    const stream = this.#open.get(id) ?? this.#left.get(id)
    this.#left.delete(id)
    stream?.replaced()
  }

  #look(): void {
    const { deps, streams, trigger } = this.#options
    this.#looks += 1
    if (this.#looks % looksPerCheck === 0) {
      const now = deps.cache.monotonicMs()
      for (const stream of this.#open.values()) stream.checkDeadline(now)
    }
    for (const [id, stream] of this.#left) if (!stream.isCounted) this.#left.delete(id)
    if (streams.advance()) trigger()
  }
}
