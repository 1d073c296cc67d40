import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { type WebSocket, WebSocketServer } from 'ws'
import { edgeSubprotocol } from '../../src/domain/edge/edge-protocol.ts'

/** What a stream of the fake does besides what an instance does. */
export interface FakeStream {
  /** From 1 on. */
  readonly number: number
  readonly socket: WebSocket
  /** What the edge has sent, in order. */
  readonly told: readonly Told[]
  /** The token by which the edge has attached. */
  readonly token: string
  send(message: object): void
  /** Answers no beat and no question from now on. */
  fallSilent(): void
}

export interface Told {
  readonly kind: string
  readonly [member: string]: unknown
}

export interface FakeInstance {
  readonly url: string
  readonly streams: readonly FakeStream[]
  /** Cuts its streams, and listens no more. */
  stop(): void
}

export interface FakeOptions {
  readonly leaseMs?: number
  /** How far its wall clock is ahead. */
  readonly aheadMs?: number
  readonly expiryWarningMs?: number
  /** Default: any free port. */
  readonly port?: number
  /** Whether it says that it has counted a report. */
  readonly counts?: boolean
  /** Whether a stream is welcomed. */
  readonly welcomes?: (number: number) => boolean
  /** Whether a question is answered at once; a test answers the others, or nobody does. */
  readonly answers?: (asked: Told) => boolean
  /** The facts that answer a question. Default: those of a valid key that may be kept. */
  readonly answer?: object
}

const id = '01890a5d-ac96-774b-bcce-b302099a8057'
const facts = {
  id,
  accountId: '01890a5d-ac96-774b-bcce-b302099a8058',
  platform: false,
  name: 'a key of a fake',
  rights: 0,
  reach: 'anywhere',
  addresses: null,
  expiresAt: null,
  disabledAt: null,
  revokedAt: null,
  released: false,
  generation: 1,
  issuedAt: 1,
  endedAt: null,
  endsAt: null,
}
export const validAnswer = { kind: 'verdict', reason: null, key: facts, mayKeep: true }

/** Of the form of a token: the fake knows every token. */
export function fakeToken(number = 0): string {
  return `aeon_${'0'.repeat(22)}${String(number).padStart(43, '1')}_${'2'.repeat(11)}`
}

/** An instance that breaks what an instance keeps: streams that are cut, silent or garbled. */
export async function startFakeInstance(t: Test, options: FakeOptions = {}): Promise<FakeInstance> {
  const { leaseMs = 60_000, welcomes = () => true, answers = () => true } = options
  const streams: FakeStream[] = []
  // Requests over HTTP fail: what is answered comes from memory or from a stream.
  const server = createServer((_request, response) => response.writeHead(503).end())
  const sockets = new WebSocketServer({ server, handleProtocols: () => edgeSubprotocol })
  sockets.on('connection', (socket, { headers }) => {
    const told: Told[] = []
    let isSilent = false
    const send = (message: object) => socket.send(JSON.stringify(message))
    const stream: FakeStream = {
      number: streams.length + 1,
      socket,
      told,
      token: (headers.authorization ?? '').replace('Bearer ', ''),
      send,
      fallSilent: () => {
        isSilent = true
      },
    }
    streams.push(stream)
    const isWelcome = welcomes(stream.number)
    socket.on('message', (data) => {
      const message: Told = JSON.parse(String(data))
      told.push(message)
      if (isSilent || !isWelcome || (message.kind === 'asked' && !answers(message))) return
      for (const reply of repliesTo(message, leaseMs, options)) send(reply)
      if (message.kind === 'gone') socket.close(1000)
    })
  })
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const stop = () => {
    for (const { socket } of streams) socket.terminate()
    server.close()
    server.closeAllConnections()
  }
  t.teardown(stop)
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, streams, stop }
}

function repliesTo(message: Told, leaseMs: number, options: FakeOptions): readonly object[] {
  const { answer = validAnswer, aheadMs = 0, expiryWarningMs = 0, counts = true } = options
  switch (message.kind) {
    case 'hello':
      return [
        { kind: 'welcome', version: 1, stream: 's', leaseMs, maxQuestions: 10, expiryWarningMs },
        { kind: 'rights', number: 0, role: { id, name: 'a role' }, permissions: ['cluster:read'] },
      ]
    case 'beat': {
      const granted = {
        kind: 'granted',
        beat: message.number,
        leaseMs,
        wallMs: Date.now() + aheadMs,
      }
      const { report } = message as { report?: { number: number } }
      return report === undefined || !counts
        ? [granted]
        : [granted, { kind: 'reported', number: report.number }]
    }
    case 'asked':
      return [{ kind: 'answered', question: message.question, answer }]
    default:
      return []
  }
}
