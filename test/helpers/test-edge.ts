import { randomUUID } from 'node:crypto'
import { WebSocket } from 'ws'
import type { FromEdgeMessage, ToEdgeMessage } from '../../src/domain/edge/edge-message.ts'
import { edgeSubprotocol } from '../../src/domain/edge/edge-protocol.ts'
import { parseToEdge } from '../../src/domain/edge/parse-to-edge.ts'

export type ToEdgeOf<Kind extends ToEdgeMessage['kind']> = Extract<ToEdgeMessage, { kind: Kind }>

export interface TestEdgeOptions {
  readonly token: string
  /** Confirms what it is told, as an edge must; a test may switch that off. */
  readonly confirms?: boolean
  /** Says that it has gone once it is dismissed. */
  readonly leaves?: boolean
  readonly judge?: number
  readonly replaces?: string
  /** Sends no hello. */
  readonly isSilent?: boolean
}

/** One end of a stream, which keeps all that it is told and judges nothing. */
export class TestEdge {
  readonly socket: WebSocket
  readonly told: ToEdgeMessage[] = []
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
  readonly #waiting = new Set<() => void>()
  readonly #asked = new Map<number, (answer: ToEdgeOf<'answered'>['answer']) => void>()
  #beat = 0
  #question = 0

  constructor(socket: WebSocket, { confirms = true, leaves = true }: TestEdgeOptions) {
    this.socket = socket
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }))
    })
    socket.on('error', () => undefined)
    socket.on('message', (data) => {
      const message = parseToEdge(data.toString())
      if (message === undefined) throw new Error(`no message: ${data.toString()}`)
      if (message.kind === 'answered') {
        this.#asked.get(message.question)?.(message.answer)
        this.#asked.delete(message.question)
        return
      }
      this.told.push(message)
      const isNumbered = message.kind === 'invalidated' || message.kind === 'suspended'
      if (isNumbered && confirms) this.send({ kind: 'confirmed', sequence: message.sequence })
      if (message.kind === 'dismissed' && leaves) this.send({ kind: 'gone' })
      for (const look of this.#waiting) look()
    })
  }

  send(message: FromEdgeMessage): void {
    this.socket.send(JSON.stringify(message))
  }

  /** The first message of a kind that a test has not taken yet. */
  async take<Kind extends ToEdgeMessage['kind']>(
    kind: Kind,
    matches: (message: ToEdgeOf<Kind>) => boolean = () => true,
  ): Promise<ToEdgeOf<Kind>> {
    for (;;) {
      const index = this.told.findIndex(
        (message) => message.kind === kind && matches(message as ToEdgeOf<Kind>),
      )
      const [found] = index < 0 ? [] : this.told.splice(index, 1)
      if (found !== undefined) return found as ToEdgeOf<Kind>
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      this.#waiting.add(resolve)
      void this.closed.then(({ code, reason }) =>
        reject(new Error(`the stream ended (${code}, ${reason}) before a message ${kind}`)),
      )
      await promise
      this.#waiting.delete(resolve)
    }
  }

  /** Beats, and returns the lease that is granted, in milliseconds. */
  async beat(): Promise<number> {
    this.#beat += 1
    const number = this.#beat
    this.send({ kind: 'beat', number })
    return (await this.take('granted', ({ beat }) => beat === number)).leaseMs
  }

  /** Beats until a lease is granted: the instance may have none yet, or judge this edge anew. */
  async leased(): Promise<number> {
    for (;;) {
      const leaseMs = await this.beat()
      if (leaseMs > 0) return leaseMs
    }
  }

  /** Beats each second, as an edge does: on a busy machine what a test waits for takes long. */
  keepBeating(): void {
    const beating = setInterval(() => void this.beat().catch(() => undefined), 1_000).unref()
    void this.closed.then(() => clearInterval(beating))
  }

  async ask(token: string, conditions: object = {}): Promise<ToEdgeOf<'answered'>['answer']> {
    this.#question += 1
    const question = this.#question
    const { promise, resolve, reject } = Promise.withResolvers<ToEdgeOf<'answered'>['answer']>()
    this.#asked.set(question, resolve)
    void this.closed.then(() => reject(new Error('the stream ended before an answer')))
    this.send({ kind: 'asked', question, of: { token, ...conditions } })
    return await promise
  }
}

/** Attaches to the service at an address; rejects with the status of a refusal. */
export async function attachEdge(address: string, options: TestEdgeOptions): Promise<TestEdge> {
  const { token, judge = 1, replaces, isSilent = false } = options
  const url = `${address.replace(/^http/, 'ws')}/v1/edge`
  const socket = new WebSocket(url, edgeSubprotocol, {
    headers: { authorization: `Bearer ${token}` },
    perMessageDeflate: false,
  })
  const edge = new TestEdge(socket, options)
  await new Promise<void>((resolve, reject) => {
    socket.on('open', resolve)
    socket.on('unexpected-response', (_request, response) => {
      reject(new Error(String(response.statusCode)))
      socket.terminate()
    })
    socket.on('error', reject)
  })
  if (isSilent) return edge
  const hello = { kind: 'hello', version: 1, judge, edge: randomUUID() } as const
  edge.send({ ...hello, ...(replaces !== undefined && { replaces }) })
  return edge
}
