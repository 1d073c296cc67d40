import { randomUUID } from 'node:crypto'
import { Edge } from '../domain/edge/edge.ts'
import type { EdgeCall } from '../domain/edge/edge-call.ts'
import { EdgeFollower } from '../domain/edge/edge-follower.ts'
import type { Welcome, WireQuestion } from '../domain/edge/edge-message.ts'
import type { Read } from '../domain/edge/edge-reader.ts'
import type { KnownKey } from '../domain/edge/known-key.ts'
import { ReportBook } from '../domain/edge/report-book.ts'
import type { Verdict } from '../domain/verdict.ts'
import { type CallerToken, readCallerToken } from './caller-token.ts'
import { EdgeStream } from './edge-stream.ts'
import { moment } from './moment.ts'
import { VerifierError } from './verifier-error.ts'

export interface AttachmentOptions {
  readonly url: string | URL
  readonly token: CallerToken
  readonly timeoutMs: number
  readonly maxKeys: number
  readonly onAttached: () => void
  /** An attempt to attach failed, or a stream was lost. `isNews`: it was attached before. */
  readonly onDetached: (error: VerifierError, isNews: boolean) => void
}

export type AttachedCall = EdgeCall<KnownKey, Verdict, WireQuestion>

/** The shortest and the longest pause before the next attempt to attach, in milliseconds. */
const [shortestPauseMs, longestPauseMs] = [200, 30_000]
/**
 * The pause while memory goes on answering, of which a random part passes: the edges of an instance
 * that is killed do not all come at once.
 */
export const pauseUnderLeaseMs = 1_000
/** One that is late costs no lease, and a thousand edges send their instance few. */
export const beatsPerLease = 2
/** How long an attachment that is closed waits until what it counted is taken over. */
const handOverWithinMs = 1_000

/** Keeps this process attached to the service: streams, beats, and attaching anew. */
export class Attachment {
  readonly memory: Edge<KnownKey>
  readonly reports = new ReportBook()
  readonly follower: EdgeFollower<KnownKey, Verdict, WireQuestion>
  readonly #options: AttachmentOptions
  readonly #url: URL
  /** Resolves once the first attempt to attach has succeeded or failed. */
  readonly settled: Promise<void>
  #settle: () => void = () => undefined
  #stream: EdgeStream | undefined
  #beatTimer: NodeJS.Timeout | undefined
  #retry: NodeJS.Timeout | undefined
  #welcomeDue: NodeJS.Timeout | undefined
  /** Attempts since the last grant. */
  #attempts = 0
  #isClosed = false
  /** Whether the service has welcomed the latest stream: the attempt that opened it succeeded. */
  #wasWelcomed = false
  #hasFailed = false
  #onReported: () => void = () => undefined
  #leaseMs = 0
  #expiryWarningMs = 0
  #detachedBy: VerifierError | undefined

  constructor(options: AttachmentOptions) {
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

  /** The time by which expiries are judged, and warned of. */
  wallTime(): Date {
    return new Date(this.follower.wallMs(moment()))
  }

  /** Why it is not attached; undefined: it is, or it has not tried yet. */
  get detachedBy(): VerifierError | undefined {
    return this.#detachedBy
  }

  /** Whether the latest attempt to attach has failed. */
  get hasFailed(): boolean {
    return this.#hasFailed
  }

  /**
   * Hands over what it has counted, drops everything, and tells the service so: no receipt waits
   * for this process any more.
   */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#settle()
    clearTimeout(this.#retry)
    clearTimeout(this.#welcomeDue)
    clearInterval(this.#beatTimer)
    await this.#handOver()
    this.follower.leave()
    await this.#stream?.end()
  }

  /** What is not taken over within a second is lost. */
  async #handOver(): Promise<void> {
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      this.#onReported()
    }, handOverWithinMs)
    while (!isLate && this.follower.isAttached && !this.reports.isEmpty) {
      const reported = new Promise<void>((resolve) => {
        this.#onReported = resolve
      })
      this.follower.beat()
      await reported
    }
    clearTimeout(timer)
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
        onOpen: (stream) => this.#opened(stream),
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

  #opened(stream: EdgeStream): void {
    this.follower.attached((message) => stream.send(message))
    this.#welcomeDue = setTimeout(() => {
      stream.giveUp(new VerifierError('unavailable', 'The service did not welcome this process.'))
    }, this.#options.timeoutMs)
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
    if (message.kind === 'welcome') this.#welcomed(stream, message)
    else if (message.kind === 'granted') this.#attempts = 0
    else if (message.kind === 'reported') this.#onReported()
    else if (message.kind === 'dismissed') void stream.end()
  }

  #welcomed(stream: EdgeStream, { leaseMs, expiryWarningMs }: Welcome): void {
    clearTimeout(this.#welcomeDue)
    clearInterval(this.#beatTimer)
    this.#leaseMs = leaseMs
    this.#expiryWarningMs = expiryWarningMs
    this.#detachedBy = undefined
    this.#wasWelcomed = true
    this.#hasFailed = false
    this.#beatTimer = setInterval(() => this.#beat(stream), Math.max(10, leaseMs / beatsPerLease))
    this.#settle()
    this.#options.onAttached()
  }

  #beat(stream: EdgeStream): void {
    this.follower.beat()
    if (!this.#isUnresponsive()) return
    // After a pause of this process, what the service said is still to be read: look again then.
    setImmediate(() => {
      if (stream !== this.#stream || !this.#isUnresponsive()) return
      stream.giveUp(
        new VerifierError('unavailable', 'The service has sent nothing for a whole lease.'),
      )
    })
  }

  #isUnresponsive(): boolean {
    return this.follower.sinceHeardMs() > this.#leaseMs
  }

  #ended(stream: EdgeStream, error: VerifierError): void {
    if (stream !== this.#stream) return
    this.#stream = undefined
    this.#detached(error)
  }

  #detached(error: VerifierError): void {
    clearTimeout(this.#welcomeDue)
    clearInterval(this.#beatTimer)
    // The follower leaves a dismissed stream at once: it does not say whether it was attached.
    this.#hasFailed = !this.#wasWelcomed
    this.#wasWelcomed = false
    this.follower.detached()
    this.#onReported()
    if (this.#isClosed) return
    const isNews = this.#detachedBy === undefined
    this.#detachedBy = error
    this.#settle()
    const pauseMs = this.#nextPauseMs()
    this.#attempts += 1
    this.#retry = setTimeout(() => void this.#attach(), pauseMs)
    this.#options.onDetached(error, isNews)
  }

  #nextPauseMs(): number {
    const isHeld = this.#attempts === 0 && this.memory.holdsLease(moment())
    if (isHeld) return pauseUnderLeaseMs * Math.random()
    const pauseMs = Math.min(longestPauseMs, shortestPauseMs * 2 ** this.#attempts)
    return pauseMs * (0.5 + Math.random() / 2)
  }
}
