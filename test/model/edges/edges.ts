import type { Environment } from '../environment.ts'
import { narrowed } from '../keys.ts'
import type { Protocol } from '../protocol.ts'
import { Random } from '../random.ts'
import type { SimulatedInstance } from '../simulated-instance.ts'
import { type SimulatedToken, tokens } from '../tokens.ts'
import { edgeLeaseMs } from './lease.ts'
import { SimulatedEdge } from './simulated-edge.ts'

export interface EdgesOptions {
  readonly environment: Environment
  readonly protocol: Protocol
  readonly seed: number
  /** Whether each edge has a key of its own. */
  readonly haveKeys: boolean
  /** Whether they are of a version that knows nothing of disabled keys. */
  readonly areOld: boolean
  /** Whether first uses count. */
  readonly credentialsAreNew: boolean
  /** The shortest and the longest time between two faults of an edge. */
  readonly peaceMs: readonly [number, number]
  readonly maxStalenessMs: number
  readonly calmFrom: number
  readonly instances: () => readonly SimulatedInstance[]
}

const edgeCount = 4

/**
 * The edges of a run, what is asked of them, and what befalls them. They have a source of chance of
 * their own, so that a run without them is the same.
 */
export class Edges {
  readonly #options: EdgesOptions
  readonly #random: Random
  readonly #edges: readonly SimulatedEdge[]

  constructor(options: EdgesOptions) {
    const random = new Random(options.seed ^ 0x5bd1e995)
    this.#options = options
    this.#random = random
    this.#edges = Array.from(
      { length: edgeCount },
      (_, index) =>
        new SimulatedEdge({
          ...options,
          random,
          name: `edge ${index}`,
          leaseMs: edgeLeaseMs,
          isOld: options.areOld,
          caller: options.haveKeys ? tokens[index % narrowed] : undefined,
        }),
    )
  }

  start(): void {
    const { scheduler } = this.#options.environment
    for (const edge of this.#edges) {
      scheduler.after(this.#random.between(0, 2_000), () => edge.start())
      this.#askAround(edge)
      this.#faultAfter(edge)
    }
  }

  /** These have just changed: edges ask while the news is on its way. */
  committed(touched: readonly SimulatedToken[]): void {
    const { scheduler } = this.#options.environment
    for (const edge of this.#edges) {
      for (const token of touched) {
        this.#askTooMuch(edge, token)
        if (this.#random.chance(0.3)) {
          scheduler.after(100 * this.#random.next() ** 2, () => edge.verify(token))
        }
      }
    }
  }

  /** This token becomes known at about this time: edges ask before, and while it is imported. */
  expect(token: SimulatedToken, at: number): void {
    const { scheduler } = this.#options.environment
    for (const edge of this.#edges) {
      for (let more = 4; more > 0; more -= 1) {
        scheduler.at(at + this.#random.between(-800, 400), () => edge.verify(token))
      }
    }
  }

  /** A receipt is complete: no edge may accept any of these from now on. */
  complete(touched: readonly SimulatedToken[]): void {
    const { scheduler } = this.#options.environment
    for (const edge of this.#edges) {
      for (const token of touched) {
        for (const most of [0.01, 100, 1_000, edgeLeaseMs * 2]) {
          scheduler.after(this.#random.between(0, most), () => edge.verify(token))
        }
      }
    }
  }

  #askAround(edge: SimulatedEdge): void {
    const { scheduler } = this.#options.environment
    scheduler.after(this.#random.between(0, 1_400), () => {
      const token = tokens[this.#random.integer(tokens.length)]
      if (token !== undefined) {
        this.#askTooMuch(edge, token)
        edge.verify(token)
        // Calls for one token at nearly the same time share questions.
        for (let more = this.#random.integer(3); more > 0; more -= 1) {
          scheduler.after(this.#random.between(0, 200), () => edge.verify(token))
        }
      }
      this.#askAround(edge)
    })
  }

  /** A denied attempt is no use of a credential. */
  #askTooMuch(edge: SimulatedEdge, token: SimulatedToken): void {
    const { credentialsAreNew, environment } = this.#options
    if (!credentialsAreNew) return
    const ask = () => edge.verify({ ...token, asksTooMuch: true })
    environment.scheduler.after(this.#random.between(0, 50), ask)
  }

  #faultAfter(edge: SimulatedEdge): void {
    const { environment, calmFrom, peaceMs } = this.#options
    const { scheduler } = environment
    scheduler.after(this.#random.between(...peaceMs), () => {
      if (scheduler.now >= calmFrom) return
      this.#injectFault(edge, calmFrom - scheduler.now)
      this.#faultAfter(edge)
    })
  }

  #injectFault(edge: SimulatedEdge, longestMs: number): void {
    const random = this.#random
    const around = edgeLeaseMs * random.between(0.2, 1.6)
    const ms = Math.min(longestMs, around)
    const { machine } = edge
    const [stop, suspend, kill, cut, mute, step] = [0.3, 0.4, 0.5, 0.75, 0.8, 0.9]
    const kind = random.next()
    this.#options.environment.trace?.(`a fault of an edge: ${kind.toFixed(2)} for ${ms.toFixed(0)}`)
    if (kind < stop) machine.stop(ms)
    else if (kind < suspend) machine.suspend(ms)
    else if (kind < kill) edge.kill(ms)
    else if (kind < cut) edge.cut()
    else if (kind < mute) edge.mute(6 * ms)
    // A2: the wall clock bounds a suspension only while it is not set back.
    else if (kind < step) machine.stepWall(random.between(0, 20_000))
    else machine.setMonotonicRate(random.chance(0.5) ? 0.9 : 1.1)
  }
}
