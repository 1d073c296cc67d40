import { edgeVersion, judgeVersion } from '../../../src/domain/edge/edge-protocol.ts'
import type { AttachedEdge } from '../../../src/freshness/attached-edge.ts'
import type { EdgeStreams } from '../../../src/freshness/edge-streams.ts'
import type { CachedCredential } from '../../../src/verification/cached-credential.ts'
import type { SimulatedDriver } from '../driver.ts'
import { keys } from '../keys.ts'
import type { Node } from '../node.ts'
import type { Protocol } from '../protocol.ts'
import type { SimulatedToken } from '../tokens.ts'
import type { VerdictText } from '../verdicts.ts'
import { edgeLeaseMs } from './lease.ts'
import type { Down, Up } from './simulated-edge.ts'
import type { Stream } from './stream.ts'

export interface AttachedStreamsOptions {
  readonly node: Node
  readonly driver: SimulatedDriver
  readonly edges: EdgeStreams
  readonly tell: Protocol['tell']
  readonly judgesAlike: Protocol['judgesAlike']
  /** The verdict on a token, in the step in which it is given; undefined: an outage. */
  readonly resolve: (token: SimulatedToken, done: (verdict?: VerdictText) => void) => void
}

interface Attachment {
  readonly stream: Stream<Down, Up>
  readonly attached: AttachedEdge
  readonly caller: SimulatedToken | undefined
  /** The version of its rules, once it has said that. */
  judge: number
}

/** Fewer than there are tokens. */
const maxQuestions = 5

/** The streams of one instance, as the route that ships drives them. */
export class AttachedStreams {
  readonly #options: AttachedStreamsOptions
  /** By the secret id of the stream. */
  readonly #attached = new Map<string, AttachedEdge>()

  constructor(options: AttachedStreamsOptions) {
    this.#options = options
  }

  accept(stream: Stream<Down, Up>, caller: SimulatedToken | undefined): void {
    const { node, driver, edges } = this.#options
    const key = keys[caller?.key ?? -1]
    const edge: Attachment = {
      stream,
      caller,
      judge: 0,
      attached: edges.attach(
        (message) => stream.toEdge(message),
        key && { key, onSuspended: () => this.#restore(edge) },
      ),
    }
    stream.instance = {
      received: (message) => node.process.run(() => this.#received(edge, message)),
      closed: () =>
        node.process.run(() => {
          edge.attached.closed()
          driver.trigger()
        }),
    }
    // What its key may do is not known before it is judged.
    if (caller !== undefined) edge.attached.suspend()
  }

  #received(edge: Attachment, message: Up): void {
    const { driver } = this.#options
    const { attached, stream } = edge
    switch (message.kind) {
      case 'hello':
        edge.judge = message.judge
        this.#welcome(stream, attached, message.replaces)
        break
      case 'beat':
        if (attached.isSuspended) this.#restore(edge, () => attached.beat(message.number))
        else attached.beat(message.number)
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
        this.#answer(edge, message.question, message.of)
    }
  }

  /** Judges the key of a suspended edge; one that is denied is dismissed. */
  #restore(edge: Attachment, done = () => {}): void {
    const { attached, caller } = edge
    if (caller === undefined) return
    this.#judgeCaller(caller, (isValid) => {
      if (isValid === true) attached.resume()
      else if (isValid === false) attached.dismiss('caller_changed')
      done()
    })
  }

  /** Whether the key may verify now; undefined: nobody can say. */
  #judgeCaller(caller: SimulatedToken, done: (isValid: boolean | undefined) => void): void {
    const { node, resolve, tell } = this.#options
    resolve(caller, (verdict) => {
      const isValid = verdict?.startsWith('valid')
      const isCurrent = tell(node.cache, node.cache.find(caller.digest)) !== undefined
      if (isValid !== true || isCurrent || node.cache.isLeaseExpired()) done(isValid)
      else this.#judgeCaller(caller, done)
    })
  }

  /** An edge that names its former stream has dropped all that this one told it. */
  #welcome(stream: Stream<Down, Up>, attached: AttachedEdge, replaces: string | undefined): void {
    const { driver, node } = this.#options
    const id = node.environment.newId('stream')
    this.#attached.get(replaces ?? '')?.gone()
    this.#attached.set(id, attached)
    driver.trigger()
    stream.toEdge({
      kind: 'welcome',
      version: edgeVersion,
      stream: id,
      leaseMs: edgeLeaseMs,
      maxQuestions,
      expiryWarningMs: 0,
    })
  }

  /** The caller is judged once the verdict is there, as for a request. */
  #answer(edge: Attachment, question: number, token: SimulatedToken): void {
    const { caller } = edge
    this.#options.resolve(token, (verdict) => {
      if (caller === undefined) this.#tell(edge, question, token, verdict)
      else
        this.#options.resolve(caller, (authority) => {
          const isValid = authority?.startsWith('valid') === true
          this.#tell(edge, question, token, isValid ? verdict : undefined)
        })
    })
  }

  #tell(
    { attached, stream, judge }: Attachment,
    question: number,
    token: SimulatedToken,
    verdict: VerdictText | undefined,
  ): void {
    const { node, tell, judgesAlike } = this.#options
    if (attached.isClosed) return
    const known: CachedCredential | undefined = tell(node.cache, node.cache.find(token.digest))
    // A denial of the key comes without facts, and is asked for again. What older rules accept is a
    // denial that comes with them, as it does where the token was used before.
    const isValid = verdict?.startsWith('valid') === true
    const isTold = isValid || judge < judgeVersion || token.asksTooMuch === true
    const facts = isTold && attached.mayKeep && judgesAlike(judge) ? known?.facts : undefined
    stream.toEdge({ kind: 'answered', question, answer: { verdict, facts } })
  }
}
