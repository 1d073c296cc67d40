import type { FromEdge, ToEdge } from '../../../src/domain/edge/edge-message.ts'
import type { KeyFacts } from '../../../src/domain/verdict.ts'
import type { Environment } from '../environment.ts'
import type { Received } from '../history.ts'
import { Machine } from '../machine.ts'
import { Process } from '../process.ts'
import type { Protocol } from '../protocol.ts'
import type { Random } from '../random.ts'
import type { SimulatedInstance } from '../simulated-instance.ts'
import type { SimulatedToken } from '../tokens.ts'
import { judgeAt, textOf, type VerdictText } from '../verdicts.ts'
import { Stream } from './stream.ts'

/** The answer to a question: a verdict, and facts to keep if it rests on an entry. */
export interface SimulatedAnswer {
  readonly verdict: VerdictText | undefined
  readonly facts: KeyFacts | undefined
}
export type Down = ToEdge<SimulatedAnswer>
export type Up = FromEdge<SimulatedToken>

export interface SimulatedEdgeOptions {
  readonly environment: Environment
  readonly random: Random
  readonly protocol: Protocol
  readonly name: string
  readonly maxStalenessMs: number
  readonly leaseMs: number
  readonly calmFrom: number
  readonly instances: () => readonly SimulatedInstance[]
}

interface Question {
  readonly received: Received
  readonly token: SimulatedToken
}

const rates = [0.9, 0.9, 0.95, 1, 1.05, 1.1, 1.1]
/** How long a caller waits for the answer to a question, in milliseconds. */
const patienceMs = 2_000

/** A process that answers by what its instance has told it, as the client that ships does. */
export class SimulatedEdge {
  readonly #options: SimulatedEdgeOptions
  readonly machine: Machine
  #process: Process
  #edge: ReturnType<Protocol['edge']>
  #stream: Stream<Down, Up> | undefined
  /** When the instance last answered, on the monotonic clock. */
  #heardAt = 0
  #question = 0
  readonly #questions = new Map<number, Question>()

  constructor(options: SimulatedEdgeOptions) {
    const { environment, protocol, random } = options
    const rate = () => rates[random.integer(rates.length)] ?? 1
    this.#options = options
    this.machine = new Machine(environment.scheduler, { monotonic: rate(), wall: rate() })
    this.#process = new Process(this.machine)
    this.#edge = protocol.edge(8)
  }

  get holdsLease(): boolean {
    return this.#process.isAlive && this.#edge.holdsLease(this.machine.moment())
  }

  start(): void {
    this.#process = new Process(this.machine)
    this.#edge = this.#options.protocol.edge(8)
    this.#stream = undefined
    this.#questions.clear()
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

  verify(token: SimulatedToken): void {
    this.#process.run(() => {
      const { environment, maxStalenessMs } = this.#options
      const { history, scheduler } = environment
      const received = history.received(token, scheduler.now, maxStalenessMs)
      const facts = this.#edge.recall(token.digest, this.machine.moment())
      if (facts === undefined) this.#ask({ received, token })
      else this.#answer(received, textOf(judgeAt(facts, this.machine.wall()), facts), 'memory')
    })
  }

  #ask(question: Question): void {
    const { environment } = this.#options
    if (this.#stream === undefined) {
      environment.counts.edgesUnavailable += 1
      return
    }
    this.#question += 1
    const number = this.#question
    this.#questions.set(number, question)
    this.#stream.toInstance({ kind: 'asked', question: number, of: question.token })
    this.#process.after(patienceMs, () => {
      if (this.#questions.delete(number)) environment.counts.edgesUnavailable += 1
    })
  }

  #answer(received: Received, verdict: VerdictText, from: 'memory' | 'its instance'): void {
    const { environment, name } = this.#options
    const { counts, history, scheduler, trace } = environment
    if (from === 'memory') counts.edgeAnswersFromMemory += 1
    else counts.edgeAnswersFromInstances += 1
    trace?.(`${name} answers for token ${received.token.text.slice(-11)} from ${from}: ${verdict}`)
    history.answered(received, verdict, scheduler.now)
  }

  #attach(): void {
    const { environment, random, instances, calmFrom } = this.#options
    const { scheduler } = environment
    const all = instances()
    const instance = all[random.integer(all.length)]
    if (instance === undefined) return
    const stream = new Stream<Down, Up>(scheduler, random, () => scheduler.now >= calmFrom)
    this.#stream = stream
    this.#heardAt = this.machine.monotonic()
    this.#edge.attached()
    environment.counts.edgeAttachments += 1
    environment.trace?.(`${this.#options.name} attaches to ${instance.node.name}`)
    stream.edge = {
      received: (message) => this.#process.run(() => this.#received(stream, message)),
      closed: () => this.#process.run(() => this.#lost(stream)),
    }
    scheduler.after(random.between(1, 20), () => instance.accept(stream))
  }

  #received(stream: Stream<Down, Up>, message: Down): void {
    if (stream !== this.#stream) return
    this.#heardAt = this.machine.monotonic()
    switch (message.kind) {
      case 'granted':
        this.#edge.granted(message.beat, message.leaseMs)
        break
      case 'invalidated': {
        const sequence = this.#edge.invalidated(message.sequence, message.changes)
        stream.toInstance({ kind: 'confirmed', sequence })
        break
      }
      case 'suspended':
        stream.toInstance({ kind: 'confirmed', sequence: this.#edge.suspended(message.sequence) })
        break
      case 'answered':
        this.#answered(message.question, message.answer)
        break
      case 'dismissed':
        this.#edge.dropAll()
        stream.toInstance({ kind: 'gone' })
        this.#lost(stream)
    }
  }

  #answered(number: number, { verdict, facts }: SimulatedAnswer): void {
    const question = this.#questions.get(number)
    if (question === undefined) return
    this.#questions.delete(number)
    if (facts !== undefined) this.#edge.keep(question.token.digest, facts)
    if (verdict === undefined) this.#options.environment.counts.edgesUnavailable += 1
    else this.#answer(question.received, verdict, 'its instance')
  }

  /** Without its stream it answers until its lease ends, and attaches anew after a while. */
  #lost(stream: Stream<Down, Up>): void {
    if (stream !== this.#stream) return
    stream.closeByEdge()
    this.#stream = undefined
    this.#questions.clear()
    this.#process.after(this.#options.random.between(0, 2_000), () => {
      if (this.#stream === undefined) this.#attach()
    })
  }

  #beat(): void {
    const { leaseMs } = this.#options
    const stream = this.#stream
    if (stream !== undefined) {
      if (this.machine.monotonic() - this.#heardAt > leaseMs) this.#lost(stream)
      else {
        stream.toInstance({ kind: 'beat', number: this.#edge.beat(this.machine.moment()) })
      }
    }
    this.#process.after(leaseMs / 3, () => this.#beat())
  }
}
