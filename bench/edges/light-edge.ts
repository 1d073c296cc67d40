import { randomUUID } from 'node:crypto'
import { WebSocket } from 'ws'
import type { FromEdgeMessage, ToEdgeMessage } from '../../src/domain/edge/edge-message.ts'
import { edgeSubprotocol, edgeVersion, judgeVersion } from '../../src/domain/edge/edge-protocol.ts'
import { beatsPerLease, pauseUnderLeaseMs } from '../../src/edge/attachment.ts'

/**
 * The least that an edge owes its instance: it beats, and confirms what comes. It knows no
 * key, so that a thousand of them find a place in the process that measures.
 */
export class LightEdge {
  readonly #url: string
  readonly #token: string
  readonly #onLeased: () => void
  #socket: WebSocket
  #beats: NodeJS.Timeout | undefined
  #beat = 0
  #isLeased = false
  #isClosed = false

  constructor(url: string, token: string, onLeased: () => void) {
    this.#url = url
    this.#token = token
    this.#onLeased = onLeased
    this.#socket = this.#attach()
  }

  get isLeased(): boolean {
    return this.#isLeased
  }

  close(): void {
    this.#isClosed = true
    this.#send({ kind: 'gone' })
    this.#socket.close()
  }

  #attach(): WebSocket {
    const socket = new WebSocket(`${this.#url.replace('http', 'ws')}/v1/edge`, edgeSubprotocol, {
      headers: { authorization: `Bearer ${this.#token}` },
      perMessageDeflate: false,
    })
    this.#beat = 0
    this.#isLeased = false
    const hello = { version: edgeVersion, judge: judgeVersion, edge: randomUUID() } as const
    socket.on('open', () => this.#send({ kind: 'hello', ...hello }))
    socket.on('message', (data) => this.#take(JSON.parse(data.toString())))
    socket.on('error', () => undefined)
    socket.on('close', () => this.#ended())
    return socket
  }

  #ended(): void {
    clearInterval(this.#beats)
    this.#isLeased = false
    if (this.#isClosed) return
    setTimeout(() => {
      if (!this.#isClosed) this.#socket = this.#attach()
    }, pauseUnderLeaseMs * Math.random())
  }

  #take(message: ToEdgeMessage): void {
    switch (message.kind) {
      case 'welcome':
        this.#sendBeat()
        this.#beats = setInterval(() => this.#sendBeat(), message.leaseMs / beatsPerLease)
        break
      case 'granted':
        if (message.leaseMs === 0 || this.#isLeased) break
        this.#isLeased = true
        this.#onLeased()
        break
      case 'invalidated':
      case 'suspended':
        this.#send({ kind: 'confirmed', sequence: message.sequence })
        break
      case 'dismissed':
        // Its server stops, and none of the benchmark takes its place.
        this.close()
        break
      default:
        // It asks nothing, so that no answer comes.
        break
    }
  }

  #sendBeat(): void {
    this.#beat += 1
    this.#send({ kind: 'beat', number: this.#beat })
  }

  #send(message: FromEdgeMessage): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message))
  }
}

/** Attaches so many edges; resolves when each of them holds a lease. */
export async function attachLightEdges(
  url: string,
  token: string,
  count: number,
): Promise<readonly LightEdge[]> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let leased = 0
  const edges: LightEdge[] = []
  for (let place = 0; place < count; place += 1) {
    edges.push(
      new LightEdge(url, token, () => {
        leased += 1
        if (leased === count) resolve()
      }),
    )
    // Not all in one turn: the server accepts a bounded number of connections at once.
    if (place % 50 === 49) await new Promise((next) => setTimeout(next, 100))
  }
  await promise
  return edges
}

export function closeLightEdges(edges: readonly LightEdge[]): void {
  for (const edge of edges) edge.close()
}
