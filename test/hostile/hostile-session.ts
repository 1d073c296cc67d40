import { connect, type IpcNetConnectOpts, type Socket, type TcpNetConnectOpts } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type FaultPlan, pass, type RequestOutcome } from './fault-plan.ts'
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
  readonly faultPlan: FaultPlan
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
    const { client, target, faultPlan } = options
    this.#options = options
    this.#upstream = connect(target)
    this.#outbox = new Outbox(client, faultPlan)
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
    if (!this.#options.faultPlan.hasManyStarts || text?.includes(start) !== true) return message
    return withStatement(message, text.replaceAll(start, `to_timestamp(${this.#serverStart})`))
  }

  #next(): void {
    const request = this.#requests.shift()
    if (request === undefined) return
    const text = this.#textOf(request)
    const { faultPlan } = this.#options
    const outcome = faultPlan.ofRequest({
      application: this.#startUp.application,
      text,
      status: this.#status,
    })
    if (faultPlan.ignoresListen && /^\s*listen\b/i.test(text)) this.#ignoreListen()
    else this.#meet(this.#status === 'E' ? pass : outcome, request, text)
  }

  #meet(outcome: RequestOutcome, request: readonly Message[], text: string): void {
    if (outcome.kind !== 'pass')
      this.#count('code' in outcome ? `${outcome.kind} ${outcome.code}` : outcome.kind)
    switch (outcome.kind) {
      case 'pass':
        this.#answering = { kind: 'forward', isDefinition: definition.test(text) }
        this.#send(request)
        return
      case 'refuse':
        // The server itself fails, so that its transaction fails too.
        this.#answering = { kind: 'forward', isDefinition: false }
        this.#send([
          queryOf(`do $$ begin raise 'on purpose' using errcode = '${outcome.code}'; end $$`),
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
          after: () => this.#finish([errorOf(outcome.code, 'on purpose'), readyOf('I')]),
        }
        this.#send([queryOf(outcome.isCommitted ? 'commit' : 'rollback')])
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
    const commits = this.#options.faultPlan.commitsDefinitions && answering?.isDefinition === true
    if (!commits || this.#status !== 'T') {
      this.#finish([message])
      return
    }
    this.#count('definition committed')
    this.#answering = { kind: 'swallow', after: () => this.#finish([message]) }
    this.#send([queryOf('commit; begin')])
  }

  #notify(message: Message): void {
    const delivery = this.#options.faultPlan.ofNotification()
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
