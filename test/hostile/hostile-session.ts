import { connect, type IpcNetConnectOpts, type Socket, type TcpNetConnectOpts } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Fate, type Fates, pass } from './fates.ts'
import {
  errorOf,
  type Message,
  MessageReader,
  messageOf,
  queryOf,
  readyOf,
  statementOf,
  statusOf,
  type TransactionStatus,
  withStatement,
} from './messages.ts'
import { Outbox } from './outbox.ts'
import { StartUp } from './start-up.ts'

export type HostileCounts = Map<string, number>

export interface HostileSessionOptions {
  readonly client: Socket
  readonly target: IpcNetConnectOpts | TcpNetConnectOpts
  readonly fates: Fates
  readonly counts: HostileCounts
}

/** What is done with the messages of the server until it is ready again. */
type Answering =
  | { readonly kind: 'forward'; readonly isDefinition: boolean }
  | { readonly kind: 'swallow'; readonly after: () => void }

const longestLateMs = 1_000
const definition = /^\s*(create|alter|drop)\b/i

/** One connection of a client, and the one to the server that belongs to it. */
export class HostileSession {
  readonly ended: Promise<void>
  readonly #options: HostileSessionOptions
  readonly #upstream: Socket
  readonly #outbox: Outbox
  readonly #startUp: StartUp
  readonly #fromClient = new MessageReader()
  readonly #fromServer = new MessageReader()
  /** The texts of prepared statements. */
  readonly #prepared = new Map<string, string>()
  readonly #serverStart = Math.floor(Math.random() * 1e9)
  #request: Message[] = []
  readonly #requests: (readonly Message[])[] = []
  #answering: Answering | undefined = { kind: 'forward', isDefinition: false }
  #status: TransactionStatus = 'I'

  constructor(options: HostileSessionOptions) {
    const { client, target, fates } = options
    this.#options = options
    this.#upstream = connect(target)
    this.#outbox = new Outbox(client, fates)
    this.#startUp = new StartUp(client, this.#upstream)
    const { promise, resolve } = Promise.withResolvers<void>()
    this.ended = promise
    for (const socket of [client, this.#upstream]) {
      socket.setNoDelay(true)
      socket.on('error', () => undefined)
    }
    client.on('data', (bytes) => this.#readClient(bytes))
    client.on('close', () => {
      this.#upstream.destroy()
      resolve()
    })
    this.#upstream.on('data', (bytes) => {
      for (const message of this.#fromServer.read(bytes)) this.#answer(message)
    })
    this.#upstream.on('close', () => void this.#outbox.end())
  }

  /** Breaks both connections. */
  cut(): void {
    this.#options.client.resetAndDestroy()
    this.#upstream.destroy()
  }

  #readClient(bytes: Buffer): void {
    const rest = this.#startUp.read(bytes)
    if (rest === undefined) return
    for (const message of this.#fromClient.read(rest)) this.#collect(message)
  }

  /** A request is complete with a Query or a Sync. Passwords and the end are no requests. */
  #collect(message: Message): void {
    if ('pX'.includes(message.type)) {
      this.#upstream.write(message.bytes)
      return
    }
    this.#request.push(this.#withOwnStart(message))
    if (!'QS'.includes(message.type)) return
    this.#requests.push(this.#request)
    this.#request = []
    if (this.#answering === undefined) this.#next()
  }

  #withOwnStart(message: Message): Message {
    const { text } = statementOf(message)
    const start = 'pg_postmaster_start_time()'
    if (!this.#options.fates.hasManyStarts || text?.includes(start) !== true) return message
    return withStatement(message, text.replaceAll(start, `to_timestamp(${this.#serverStart})`))
  }

  #next(): void {
    const request = this.#requests.shift()
    if (request === undefined) return
    const text = this.#textOf(request)
    const { fates } = this.#options
    const fate = fates.ofRequest({
      application: this.#startUp.application,
      text,
      status: this.#status,
    })
    if (fates.ignoresListen && /^\s*listen\b/i.test(text)) this.#ignoreListen()
    else this.#meet(this.#status === 'E' ? pass : fate, request, text)
  }

  #meet(fate: Fate, request: readonly Message[], text: string): void {
    if (fate.kind !== 'pass') this.#count('code' in fate ? `${fate.kind} ${fate.code}` : fate.kind)
    switch (fate.kind) {
      case 'pass':
        this.#answering = { kind: 'forward', isDefinition: definition.test(text) }
        this.#send(request)
        return
      case 'refuse':
        // The server itself fails, so that its transaction fails too.
        this.#answering = { kind: 'forward', isDefinition: false }
        this.#send([
          queryOf(`do $$ begin raise 'on purpose' using errcode = '${fate.code}'; end $$`),
        ])
        return
      case 'cut before':
        this.cut()
        return
      case 'cut after':
        this.#answering = { kind: 'swallow', after: () => this.cut() }
        this.#send(request)
        return
      case 'fail commit':
        this.#answering = {
          kind: 'swallow',
          after: () => this.#finish([errorOf(fate.code, 'on purpose'), readyOf('I')]),
        }
        this.#send([queryOf(fate.isCommitted ? 'commit' : 'rollback')])
    }
  }

  #ignoreListen(): void {
    const warning = errorOf('0A000', 'LISTEN not supported yet and will be ignored', 'N')
    this.#finish([warning, messageOf('C', 'LISTEN\0'), readyOf(this.#status)])
  }

  #answer(message: Message): void {
    if (message.type === 'A') {
      this.#notify(message)
      return
    }
    const answering = this.#answering
    if (message.type !== 'Z') {
      if (answering?.kind !== 'swallow') this.#outbox.put([message])
      return
    }
    this.#status = statusOf(message)
    if (answering?.kind === 'swallow') {
      answering.after()
      return
    }
    const commits = this.#options.fates.commitsDefinitions && answering?.isDefinition === true
    if (!commits || this.#status !== 'T') {
      this.#finish([message])
      return
    }
    this.#count('definition committed')
    this.#answering = { kind: 'swallow', after: () => this.#finish([message]) }
    this.#send([queryOf('commit; begin')])
  }

  #notify(message: Message): void {
    const delivery = this.#options.fates.ofNotification()
    if (delivery !== 'once') this.#count(`notification ${delivery}`)
    if (delivery === 'late') {
      void sleep(Math.random() * longestLateMs, undefined, { ref: false }).then(() =>
        this.#outbox.put([message]),
      )
    } else if (delivery !== 'never') {
      this.#outbox.put(delivery === 'twice' ? [message, message] : [message])
    }
  }

  /** The last messages of an answer. */
  #finish(messages: readonly Message[]): void {
    this.#answering = undefined
    this.#outbox.put(messages)
    this.#next()
  }

  #send(messages: readonly Message[]): void {
    this.#upstream.write(Buffer.concat(messages.map(({ bytes }) => bytes)))
  }

  #textOf(request: readonly Message[]): string {
    let found = ''
    for (const message of request) {
      const { text, name } = statementOf(message)
      if (text !== undefined && name) this.#prepared.set(name, text)
      found ||= text ?? this.#prepared.get(name ?? '') ?? ''
    }
    return found
  }

  #count(fault: string): void {
    const { counts } = this.#options
    counts.set(fault, (counts.get(fault) ?? 0) + 1)
  }
}
