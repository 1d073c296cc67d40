import type { AttachedEdge } from '../../../src/freshness/attached-edge.ts'
import type { EdgeStreams } from '../../../src/freshness/edge-streams.ts'
import type { CachedCredential } from '../../../src/verification/cached-credential.ts'
import type { SimulatedDriver } from '../driver.ts'
import type { Node } from '../node.ts'
import type { Protocol } from '../protocol.ts'
import type { SimulatedToken } from '../tokens.ts'
import type { VerdictText } from '../verdicts.ts'
import type { Down, SimulatedAnswer, Up } from './simulated-edge.ts'
import type { Stream } from './stream.ts'

export interface AttachedStreamsOptions {
  readonly node: Node
  readonly driver: SimulatedDriver
  readonly edges: EdgeStreams
  readonly tell: Protocol['tell']
  /** The verdict on a token, in the step in which it is given; undefined: an outage. */
  readonly resolve: (token: SimulatedToken, done: (verdict?: VerdictText) => void) => void
}

/** The streams of one instance, as the route that ships drives them. */
export class AttachedStreams {
  readonly #options: AttachedStreamsOptions

  constructor(options: AttachedStreamsOptions) {
    this.#options = options
  }

  accept(stream: Stream<Down, Up>): void {
    const { node, driver, edges } = this.#options
    const attached = edges.attach((message) => stream.toEdge(message))
    stream.instance = {
      received: (message) => node.process.run(() => this.#received(stream, attached, message)),
      closed: () =>
        node.process.run(() => {
          attached.closed()
          driver.trigger()
        }),
    }
  }

  #received(stream: Stream<Down, Up>, attached: AttachedEdge, message: Up): void {
    const { driver } = this.#options
    switch (message.kind) {
      case 'beat':
        attached.beat(message.number)
        break
      case 'confirmed':
        if (!attached.confirm(message.sequence)) throw new Error('an edge broke the protocol')
        driver.trigger()
        break
      case 'gone':
        attached.gone()
        stream.closeByInstance()
        driver.trigger()
        break
      case 'asked':
        this.#answer(stream, attached, message.question, message.of)
    }
  }

  #answer(
    stream: Stream<Down, Up>,
    attached: AttachedEdge,
    question: number,
    token: SimulatedToken,
  ): void {
    const { node, resolve, tell } = this.#options
    resolve(token, (verdict) => {
      if (attached.isClosed) return
      const known: CachedCredential | undefined = tell(node.cache, node.cache.find(token.digest))
      // Only valid verdicts come with facts: a denial is asked for again.
      const isValid = verdict?.startsWith('valid') === true
      const facts = isValid ? known?.facts : undefined
      const answer: SimulatedAnswer = { verdict, facts }
      stream.toEdge({ kind: 'answered', question, answer })
    })
  }
}
