import { randomUUID } from 'node:crypto'
import { Edge } from '../../../src/domain/edge/edge.ts'
import type { EdgeCall } from '../../../src/domain/edge/edge-call.ts'
import { EdgeFollower } from '../../../src/domain/edge/edge-follower.ts'
import type { WireQuestion } from '../../../src/domain/edge/edge-message.ts'
import type { Read } from '../../../src/domain/edge/edge-reader.ts'
import type { KnownKey } from '../../../src/domain/edge/known-key.ts'
import { ReportBook } from '../../../src/domain/edge/report-book.ts'
import type { Verdict } from '../../../src/domain/verdict.ts'
import { type CallerToken, readCallerToken } from './caller-token.ts'
import { EdgeStream } from './edge-stream.ts'
import { moment } from './moment.ts'
import { VerifierError } from './verifier-error.ts'

export interface EdgeClientOptions {
  readonly url: string | URL
  readonly token: CallerToken
  readonly timeoutMs: number
  readonly maxKeys: number
  readonly onAttached: () => void
  readonly onDetached: (error: VerifierError) => void
}

export type EdgeClientCall = EdgeCall<KnownKey, Verdict, WireQuestion>

/** The shortest and the longest pause before the next attempt to attach, in milliseconds. */
const [shortestPauseMs, longestPauseMs] = [200, 30_000]

/** Keeps this process attached to the service: streams, beats, and attaching anew. */
export class EdgeClient {
  readonly memory: Edge<KnownKey>
  readonly reports = new ReportBook()
  readonly follower: EdgeFollower<KnownKey, Verdict, WireQuestion>
  readonly #options: EdgeClientOptions
  readonly #url: URL
  /** Resolves once the first attempt to attach has succeeded or failed. */
  readonly settled: Promise<void>
  #settle: () => void = () => undefined
  #stream: EdgeStream | undefined
  #beats: NodeJS.Timeout | undefined
  #retry: NodeJS.Timeout | undefined
  /** Attempts since the last grant. */
  #attempts = 0
  #isClosed = false
  #leaseMs = 0
  #expiryWarningMs = 0
  #detachedBy: VerifierError | undefined

  constructor(options: EdgeClientOptions) {
    this.#options = options
    this.#url = new URL(`${String(options.url).replace(/\/+$/, '')}/v1/edge`)
    this.#url.protocol = this.#url.protocol === 'https:' ? 'wss:' : 'ws:'
    this.memory = new Edge(options.maxKeys)
    this.follower = new EdgeFollower({
      id: randomUUID(),
      memory: this.memory,
      reports: this.reports,
      now: moment,
      isAbsent: (verdict) => !verdict.valid && verdict.reason === 'not_found',
    })
    this.settled = new Promise((resolve) => {
      this.#settle = resolve
    })
    void this.#attach()
  }

  /** A valid key that expires within this time is warned of. */
  get expiryWarningMs(): number {
    return this.#expiryWarningMs
  }

  /** Why it is not attached; undefined: it is, or it has not tried yet. */
  get detachedBy(): VerifierError | undefined {
    return this.#detachedBy
  }

  /** Drops everything, and tells the service so: no receipt waits for this process any more. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#settle()
    clearTimeout(this.#retry)
    clearInterval(this.#beats)
    this.follower.leave()
    await this.#stream?.end()
  }

  async #attach(): Promise<void> {
    const { timeoutMs } = this.#options
    try {
      const token = await readCallerToken(this.#options.token)
      if (this.#isClosed) return
      this.#stream = new EdgeStream({
        url: this.#url,
        token,
        timeoutMs,
        onOpen: (stream) => this.follower.attached((message) => stream.send(message)),
        onRead: (stream, read) => this.#take(stream, read),
        onEnd: (stream, error) => this.#ended(stream, error),
      })
    } catch (cause) {
      // Such as a token that no header can hold. What is thrown here would end the whole process.
      const message = 'The stream could not be opened.'
      this.#detached(
        cause instanceof VerifierError
          ? cause
          : new VerifierError('unavailable', message, { cause }),
      )
    }
  }

  #take(stream: EdgeStream, read: Read): void {
    if (stream !== this.#stream || read.kind === 'announcement') return
    if (read.kind === 'fault') {
      // It may have told what narrows a key: nothing that it told before may answer.
      this.follower.leave()
      stream.refuse()
      return
    }
    const { message } = read
    this.follower.received(message)
    if (message.kind === 'welcome') {
      this.#leaseMs = message.leaseMs
      this.#expiryWarningMs = message.expiryWarningMs
      this.#detachedBy = undefined
      this.#beats = setInterval(() => this.#beat(stream), Math.max(10, message.leaseMs / 3))
      this.#settle()
      this.#options.onAttached()
    } else if (message.kind === 'granted') this.#attempts = 0
    else if (message.kind === 'dismissed') void stream.end()
  }

  #beat(stream: EdgeStream): void {
    this.follower.beat()
    if (!this.#isSilent()) return
    // After a pause of this process, what the service said is still to be read: look again then.
    setImmediate(() => {
      if (stream !== this.#stream || !this.#isSilent()) return
      stream.giveUp(new VerifierError('unavailable', 'The service was silent for a whole lease.'))
    })
  }

  #isSilent(): boolean {
    return this.follower.silentMs() > this.#leaseMs
  }

  #ended(stream: EdgeStream, error: VerifierError): void {
    if (stream !== this.#stream) return
    this.#stream = undefined
    this.#detached(error)
  }

  #detached(error: VerifierError): void {
    clearInterval(this.#beats)
    this.follower.detached()
    if (this.#isClosed) return
    const isNews = this.#detachedBy === undefined
    this.#detachedBy = error
    this.#settle()
    const pauseMs = Math.min(longestPauseMs, shortestPauseMs * 2 ** this.#attempts)
    this.#attempts += 1
    this.#retry = setTimeout(() => void this.#attach(), pauseMs * (0.5 + Math.random() / 2))
    if (isNews) this.#options.onDetached(error)
  }
}
