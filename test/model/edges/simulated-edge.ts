import type { FromFollower, ToFollower } from '../../../src/domain/edge/edge-follower.ts'
import { ReportBook } from '../../../src/domain/edge/report-book.ts'
import type { KeyFacts, Verdict } from '../../../src/domain/verdict.ts'
import type { Environment } from '../environment.ts'
import type { Received } from '../history.ts'
import { Machine } from '../machine.ts'
import { Process } from '../process.ts'
import type { Protocol, SimulatedFollower } from '../protocol.ts'
import type { Random } from '../random.ts'
import type { SimulatedInstance } from '../simulated-instance.ts'
import type { SimulatedToken } from '../tokens.ts'
import { forAttempt, judgeAt, textOf, type VerdictText } from '../verdicts.ts'
import { SimulatedCall } from './simulated-call.ts'
import { Stream } from './stream.ts'

export type Down = ToFollower<KeyFacts, VerdictText>
export type Up = FromFollower<SimulatedToken>

export interface SimulatedEdgeOptions {
  readonly environment: Environment
  readonly random: Random
  readonly protocol: Protocol
  readonly name: string
  readonly maxStalenessMs: number
  readonly leaseMs: number
  readonly calmFrom: number
  /** Whether it is of a version that knows nothing of disabled keys. */
  readonly isOld: boolean
  /** The token of its own key, if it has one that may be revoked. */
  readonly caller: SimulatedToken | undefined
  readonly instances: () => readonly SimulatedInstance[]
}

const rates = [0.9, 0.9, 0.95, 1, 1.05, 1.1, 1.1]
/** How long a caller waits for the answer to a question, in milliseconds. */
const patienceMs = 2_000
/** A process that answers by what its instance has told it: it drives the steps that ship. */
export class SimulatedEdge {
  readonly #options: SimulatedEdgeOptions
  readonly machine: Machine
  #process: Process
  #follower: SimulatedFollower
  #stream: Stream<Down, Up> | undefined
  #mutedUntil = 0

  constructor(options: SimulatedEdgeOptions) {
    const { environment, random } = options
    const rate = () => rates[random.integer(rates.length)] ?? 1
    this.#options = options
    this.machine = new Machine(environment.scheduler, { monotonic: rate(), wall: rate() })
    this.#process = new Process(this.machine)
    this.#follower = this.#newFollower()
  }

  start(): void {
    this.#process = new Process(this.machine)
    this.#follower = this.#newFollower()
    this.#stream = undefined
    this.#process.run(() => {
      this.#attach()
      this.#beat()
    })
  }

  kill(downMs: number): void {
    this.#process.end()
    this.#stream?.cut()
    this.#options.environment.scheduler.after(downMs, () => this.start())
  }

  /** The stream is cut, and perhaps nobody is told. */
  cut(): void {
    this.#stream?.cut()
  }

  /** It confirms nothing for a while, though it applies and beats. */
  mute(ms: number): void {
    this.#mutedUntil = this.#options.environment.scheduler.now + ms
  }

  verify(token: SimulatedToken): void {
    this.#process.run(() => {
      const { caller, environment, maxStalenessMs } = this.#options
      const { counts, history, scheduler } = environment
      const receivedBy = (one: SimulatedToken) =>
        history.received(one, scheduler.now, maxStalenessMs)
      const received = receivedBy(token)
      const acting = caller && receivedBy(caller)
      const call = new SimulatedCall(token, {
        judge: (facts) => {
          const known = this.#options.isOld ? { ...facts, disabledAt: null } : facts
          const judged = judgeAt(known, this.#follower.wallMs(this.machine.moment()))
          this.#requireFirstUse(token, judged, facts)
          this.#answer(received, forAttempt(token, textOf(judged, known)), 'memory')
          if (acting !== undefined) history.acted(acting, scheduler.now)
        },
        answer: (verdict) => {
          this.#answer(received, verdict, 'its instance')
          if (acting !== undefined) history.acted(acting, scheduler.now)
        },
        fail: () => {
          counts.edgesUnavailable += 1
        },
      })
      this.#follower.verify(call)
      if (!call.isOver) this.#process.after(patienceMs, () => call.fail())
    })
  }

  #newFollower(): SimulatedFollower {
    const { environment, protocol } = this.#options
    return protocol.edgeFollower({
      id: environment.newId(this.#options.name),
      memory: protocol.edge(8),
      reports: new ReportBook(),
      now: () => this.machine.moment(),
      isAbsent: (verdict) => verdict === 'not_found',
    })
  }

  #answer(received: Received, verdict: VerdictText, from: 'memory' | 'its instance'): void {
    const { environment, name } = this.#options
    const { counts, history, scheduler, trace } = environment
    if (from === 'memory') counts.edgeAnswersFromMemory += 1
    else counts.edgeAnswersFromInstances += 1
    if (received.token.asksTooMuch === true) return
    trace?.(`${name} answers for token ${received.token.text.slice(-11)} from ${from}: ${verdict}`)
    history.answered(received, verdict, scheduler.now)
  }

  /** What it accepts from memory it tells in sums, which record no first use. */
  #requireFirstUse(token: SimulatedToken, { valid }: Verdict, facts: KeyFacts): void {
    const { environment, name } = this.#options
    const { server, history } = environment
    if (!valid || token.asksTooMuch === true || server.primary.isUsed(facts)) return
    history.unrecorded(`${name} accepts ${facts.id}, whose first use is not recorded`)
  }

  /** Until the stream is open, an earlier lease goes on. */
  #attach(): void {
    const { environment, random, instances, calmFrom } = this.#options
    const { scheduler } = environment
    const all = instances()
    const instance = all[random.integer(all.length)]
    if (instance === undefined) return
    const stream = new Stream<Down, Up>(scheduler, random, () => scheduler.now >= calmFrom)
    this.#stream = stream
    environment.counts.edgeAttachments += 1
    environment.trace?.(`${this.#options.name} attaches to ${instance.node.name}`)
    stream.edge = {
      received: (message) => this.#process.run(() => this.#received(stream, message)),
      closed: () => this.#process.run(() => this.#lost(stream)),
    }
    scheduler.after(random.between(1, 20), () => {
      instance.accept(stream, this.#options.caller)
      this.#process.run(() => {
        if (stream !== this.#stream) return
        this.#follower.attached((message) => {
          const isMuted = scheduler.now < this.#mutedUntil && message.kind === 'confirmed'
          if (!isMuted) stream.toInstance(this.#asItsVersion(message))
        })
      })
    })
  }

  /** It says how old its rules are. */
  #asItsVersion(message: Up): Up {
    const isOldHello = this.#options.isOld && message.kind === 'hello'
    return isOldHello ? { ...message, judge: message.judge - 1 } : message
  }

  #received(stream: Stream<Down, Up>, message: Down): void {
    if (stream !== this.#stream) return
    this.#follower.received(message)
    if (message.kind === 'dismissed') this.#lost(stream)
  }

  /** Without its stream it answers until its lease ends, and attaches anew after a while. */
  #lost(stream: Stream<Down, Up>): void {
    if (stream !== this.#stream) return
    stream.closeByEdge()
    this.#stream = undefined
    this.#follower.detached()
    this.#process.after(this.#options.random.between(0, 2_000), () => {
      if (this.#stream === undefined) this.#attach()
    })
  }

  #beat(): void {
    const { leaseMs } = this.#options
    if (this.#stream !== undefined) {
      if (this.#follower.sinceHeardMs() > leaseMs) this.#lost(this.#stream)
      else this.#follower.beat()
    }
    this.#process.after(leaseMs / 3, () => this.#beat())
  }
}
