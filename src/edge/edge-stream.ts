import { WebSocket } from 'ws'
import { edgeSubprotocol } from '../domain/edge/edge-protocol.ts'
import { EdgeReader, type Read } from '../domain/edge/edge-reader.ts'
import { endOfStream, refusalOfStream } from './stream-end.ts'
import { VerifierError } from './verifier-error.ts'

/** The permissions of a role, and the addresses of allow lists, are one frame each. */
const maxFrameBytes = 2 * 1024 * 1024
/** A stream on which more than this waits to be sent is given up. */
const maxWaitingBytes = 1024 * 1024
/** How long the service may take to close a stream that has ended. */
const closedWithinMs = 1_000
/** Of this side: what the service said is not understood. */
const notUnderstood = 4000

export interface EdgeStreamOptions {
  readonly url: URL
  readonly token: string
  readonly timeoutMs: number
  readonly onOpen: (stream: EdgeStream) => void
  readonly onRead: (stream: EdgeStream, read: Read) => void
  readonly onEnd: (stream: EdgeStream, error: VerifierError) => void
}

/** One WebSocket to an instance of the service. It knows no rule of the protocol. */
export class EdgeStream {
  readonly #socket: WebSocket
  #error: VerifierError | undefined
  #ended: Promise<void>

  constructor({ url, token, timeoutMs, onOpen, onRead, onEnd }: EdgeStreamOptions) {
    const reader = new EdgeReader()
    const socket = new WebSocket(url, edgeSubprotocol, {
      headers: { authorization: `Bearer ${token}` },
      perMessageDeflate: false,
      handshakeTimeout: timeoutMs,
      maxPayload: maxFrameBytes,
    })
    this.#socket = socket
    socket.on('open', () => onOpen(this))
    socket.on('message', (data, isBinary) => {
      onRead(this, isBinary ? { kind: 'fault' } : reader.read(String(data)))
    })
    socket.on('unexpected-response', (_request, { statusCode = 0 }) => {
      this.giveUp(refusalOfStream(statusCode))
    })
    socket.on('error', (cause) => {
      const message = 'The service could not be reached, or broke the rules of WebSockets.'
      this.#error ??= new VerifierError('unavailable', message, { cause })
    })
    this.#ended = new Promise((resolve) => {
      socket.on('close', (code, reason) => {
        resolve()
        onEnd(this, this.#error ?? endOfStream(code, reason.toString()))
      })
    })
  }

  send(message: object): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return
    this.#socket.send(JSON.stringify(message))
    if (this.#socket.bufferedAmount <= maxWaitingBytes) return
    this.giveUp(new VerifierError('unavailable', 'The service reads too slowly.'))
  }

  /** Ends the stream without waiting for the service. */
  giveUp(error: VerifierError): void {
    this.#error ??= error
    this.#socket.terminate()
  }

  /** Ends a stream on which the service said what this version does not understand. */
  refuse(): void {
    const message = 'The service said what this version of the client does not understand.'
    this.#error ??= new VerifierError('unavailable', message)
    this.#socket.close(notUnderstood, 'A message of this stream is not understood.')
    void this.end()
  }

  /** Waits until the service has closed the stream, or closes it. */
  async end(): Promise<void> {
    const timer = setTimeout(() => this.#socket.terminate(), closedWithinMs)
    if (this.#socket.readyState === WebSocket.CONNECTING) this.#socket.terminate()
    await this.#ended
    clearTimeout(timer)
  }
}
