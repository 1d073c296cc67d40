import type { EpochSubject } from '../protocol/invalidation-epochs.ts'
import type { Moment } from '../protocol/lease.ts'
import { AbsentTokens } from './absent-tokens.ts'
import type { Edge } from './edge.ts'
import type { EdgeCall, NoAnswer } from './edge-call.ts'
import type { FromEdge, Hello, ReportedMessage, ToEdge, Welcome } from './edge-message.ts'
import { edgeVersion, judgeVersion } from './edge-protocol.ts'
import { type Question, Questions } from './questions.ts'
import type { ReportBook } from './report-book.ts'

export interface EdgeFollowerOptions<Facts extends EpochSubject, Verdict> {
  /** Names this process to instances: random. */
  readonly id: string
  readonly memory: Edge<Facts>
  readonly reports: Pick<ReportBook, 'attached' | 'next' | 'reported'>
  readonly now: () => Moment
  /** Whether a verdict says that no key has the token. */
  readonly isAbsent: (verdict: Verdict) => boolean
}

/** What the instance says of one token: a verdict on the attempt, and facts if they may be kept. */
export interface EdgeAnswer<Facts, Verdict> {
  /** Undefined: there is none. */
  readonly verdict: Verdict | undefined
  readonly facts: Facts | undefined
  /** Why there is no verdict; absent: an outage. */
  readonly cause?: NoAnswer
}

export type FromFollower<Asked> = Hello | FromEdge<Asked>
export type ToFollower<Facts, Verdict> =
  | Welcome
  | ReportedMessage
  | ToEdge<EdgeAnswer<Facts, Verdict>>

/**
 * The protocol of an edge: messages and calls come in, messages and answers go out. Every method is
 * synchronous, and there is neither a socket nor a timer in it. docs/edge.md has the reason for
 * each rule.
 */
export class EdgeFollower<Facts extends EpochSubject, Verdict, Asked> {
  readonly #options: EdgeFollowerOptions<Facts, Verdict>
  readonly #questions = new Questions<EdgeCall<Facts, Verdict, Asked>>()
  protected readonly absent = new AbsentTokens<Verdict>()
  #send: ((message: FromFollower<Asked>) => void) | undefined
  /** The secret id of the latest stream, which releases it. */
  #stream: string | undefined
  /** 0: the instance has not welcomed this edge yet. */
  #maxQuestions = 0
  /** When the instance last said anything, on the monotonic clock. */
  #heardAt = 0
  /** What the wall clock of the instance is ahead of the monotonic clock, or was at least. */
  #instanceAheadMs = Number.NEGATIVE_INFINITY

  constructor(options: EdgeFollowerOptions<Facts, Verdict>) {
    this.#options = options
  }

  /** Whether questions can be asked. */
  get isAttached(): boolean {
    return this.#send !== undefined && this.#maxQuestions > 0
  }

  /** How many questions are under way. */
  get questions(): number {
    return this.#questions.size
  }

  /**
   * A stream is open: what an earlier one told, nobody corrects any more. It is dropped before the
   * hello says so.
   */
  attached(send: (message: FromFollower<Asked>) => void): void {
    const { id, memory, now, reports } = this.#options
    this.detached()
    memory.attached()
    reports.attached()
    this.#heardAt = now().monotonic
    this.#send = send
    const replaces = this.#stream === undefined ? {} : { replaces: this.#stream }
    send({ kind: 'hello', version: edgeVersion, judge: judgeVersion, edge: id, ...replaces })
  }

  /**
   * The stream is lost. Memory goes on answering until the lease ends; calls that wait for the
   * instance fail.
   */
  detached(): void {
    this.#send = undefined
    this.#maxQuestions = 0
    for (const call of this.#questions.endAll()) call.fail('unattached')
  }

  /** The edge is about to end: it drops everything, and says so. */
  leave(): void {
    this.#options.memory.dropAll()
    this.#send?.({ kind: 'gone' })
    this.detached()
  }

  /** How long the instance has said nothing, in milliseconds. */
  sinceHeardMs(): number {
    return this.#options.now().monotonic - this.#heardAt
  }

  /**
   * The time by which an expiry is judged: the later of the wall clocks of the edge and of its
   * instance, whose time comes with each grant.
   */
  wallMs(now: Moment): number {
    return Math.max(now.wall, this.#instanceAheadMs + now.monotonic)
  }

  /** Both clocks are noted before the beat is sent: the lease that answers it runs from then. */
  beat(): void {
    const { memory, now, reports } = this.#options
    if (this.#send === undefined || !this.isAttached) return
    const report = reports.next()
    const number = memory.beat(now())
    this.#send(report === undefined ? { kind: 'beat', number } : { kind: 'beat', number, report })
  }

  /** Answers a call: from memory in this step, or when the instance has answered. */
  verify(call: EdgeCall<Facts, Verdict, Asked>): void {
    if (this.#answer(call) || this.#questions.wait(call)) return
    this.#ask(call.digest, [call])
  }

  /** Takes a message of the stream. Call it in the order in which they came. */
  received(message: ToFollower<Facts, Verdict>): void {
    const { memory, now, reports } = this.#options
    this.#heardAt = now().monotonic
    switch (message.kind) {
      case 'welcome':
        this.#stream = message.stream
        // Distinct forged tokens ask as often as they come: the instance bounds them.
        this.#maxQuestions = message.maxQuestions
        this.beat()
        break
      case 'granted':
        memory.granted(message.beat, message.leaseMs)
        this.#instanceAheadMs = message.wallMs - this.#heardAt
        break
      case 'invalidated':
        this.#confirm(memory.invalidated(message.sequence, message.changes))
        break
      case 'suspended':
        this.#confirm(memory.suspended(message.sequence))
        break
      case 'reported':
        reports.reported(message.number)
        break
      case 'answered':
        this.#answered(message.question, message.answer)
        break
      case 'dismissed':
        this.leave()
    }
  }

  #confirm(sequence: number): void {
    this.#send?.({ kind: 'confirmed', sequence })
  }

  #answer(call: EdgeCall<Facts, Verdict, Asked>): boolean {
    const { memory, now } = this.#options
    const at = now()
    const facts = memory.recall(call.digest, at)
    if (facts !== undefined) {
      call.judge(facts)
      return true
    }
    const verdict = memory.holdsLease(at)
      ? this.absent.recall(call.digest, memory.epoch, at)
      : undefined
    if (verdict === undefined) return false
    call.answer(verdict)
    return true
  }

  #ask(digest: string, calls: readonly EdgeCall<Facts, Verdict, Asked>[]): void {
    const { memory, now } = this.#options
    const [first] = calls
    if (first === undefined) return
    if (this.#send === undefined || this.#questions.size >= this.#maxQuestions) {
      const why = this.isAttached ? 'overloaded' : 'unattached'
      for (const call of calls) call.fail(why)
      return
    }
    const sent = { epoch: memory.epoch, at: now() }
    const question = this.#questions.begin({ digest, calls, sent })
    this.#send({ kind: 'asked', question, of: first.asked })
  }

  #answered(number: number, { verdict, facts, cause }: EdgeAnswer<Facts, Verdict>): void {
    const ended = this.#questions.end(number)
    if (ended === undefined) return
    const { question, waiting } = ended
    if (facts !== undefined) this.#options.memory.keep(question.digest, facts)
    else if (verdict !== undefined) this.#keepAbsent(question, verdict)
    for (const call of this.callsOf(question, waiting)) {
      if (verdict === undefined) call.fail(cause ?? 'unavailable')
      else call.answer(verdict)
    }
    this.#askNext(question.digest, waiting)
  }

  /** Those that were made before the question was sent: a verdict may be older than later ones. */
  protected callsOf(
    question: Question<EdgeCall<Facts, Verdict, Asked>>,
    _waiting: readonly EdgeCall<Facts, Verdict, Asked>[],
  ): readonly EdgeCall<Facts, Verdict, Asked>[] {
    return question.calls
  }

  /** Only if nothing was invalidated meanwhile: what was not found then may be found now. */
  #keepAbsent({ digest, sent }: Question<unknown>, verdict: Verdict): void {
    const { memory, isAbsent } = this.#options
    if (isAbsent(verdict)) this.absent.keep(digest, verdict, sent, memory.epoch)
  }

  /** The calls that came after the question: by memory, or one question for each attempt. */
  #askNext(digest: string, waiting: readonly EdgeCall<Facts, Verdict, Asked>[]): void {
    const unknown = waiting.filter((call) => !call.isOver && !this.#answer(call))
    const attempts = new Map<string, EdgeCall<Facts, Verdict, Asked>[]>()
    for (const call of unknown) {
      const same = attempts.get(call.attempt)
      if (same === undefined) attempts.set(call.attempt, [call])
      else same.push(call)
    }
    for (const calls of attempts.values()) this.#ask(digest, calls)
  }
}
