import type { Socket } from 'node:net'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import type { FaultPlan } from './fault-plan.ts'
import { errorOf, type Message, messageOf } from './messages.ts'

/** So long a text arrives byte by byte; a longer one would take too long. */
const longestFragmented = 2_000

/** A setting that no client asked for, and a notice: a server may send both at any time. */
const asides = [
  messageOf('S', 'hostile.setting\0value\0'),
  errorOf('00000', 'unasked', 'N'),
] as const

/** What is on its way to a client, in order: late, in fragments, and with more between. */
export class Outbox {
  readonly #client: Socket
  readonly #faultPlan: FaultPlan
  #sending: Promise<void> | undefined

  constructor(client: Socket, faultPlan: FaultPlan) {
    this.#client = client
    this.#faultPlan = faultPlan
  }

  put(messages: readonly Message[]): void {
    const all = this.#faultPlan.hasAside() ? [...asides, ...messages] : messages
    const bytes = Buffer.concat(all.map((message) => message.bytes))
    const delayMs = this.#faultPlan.delayMs()
    const isFragmented = bytes.length <= longestFragmented && this.#faultPlan.isFragmented()
    if (this.#sending === undefined && delayMs === 0 && !isFragmented) {
      this.#write(bytes)
      return
    }
    const sent = (this.#sending ?? Promise.resolve()).then(async () => {
      if (delayMs > 0) await sleep(delayMs)
      if (isFragmented) await this.#writeEachByte(bytes)
      else this.#write(bytes)
      if (this.#sending === sent) this.#sending = undefined
    })
    this.#sending = sent
  }

  /** Closes the client's connection after everything that was put before. */
  async end(): Promise<void> {
    await this.#sending
    this.#client.destroy()
  }

  async #writeEachByte(bytes: Buffer): Promise<void> {
    for (const byte of bytes) {
      this.#write(Buffer.of(byte))
      await turn()
    }
  }

  #write(bytes: Buffer): void {
    if (!this.#client.destroyed) this.#client.write(bytes)
  }
}
