import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DatabaseAddress } from './database.ts'

/**
 * A link to the database, on a port of its own, which forwards everything until a fault is
 * injected.
 */
export interface Link {
  readonly port: number
  /** Breaks open connections, and refuses new ones, until `heal`. */
  cut(): void
  /**
   * Forwards nothing, and closes nothing. At `heal` everything that was sent meanwhile arrives,
   * including the ends of connections.
   */
  hold(): void
  /**
   * Forwards nothing, and closes nothing. Connections from before stay silent: at `heal` they
   * break.
   */
  lose(): void
  /** Forwards everything that many milliseconds late, in order. */
  delay(ms: number): void
  /**
   * The share of connections that the next faults hit, from 0 to 1: each connection draws a number
   * when it is made.
   */
  share: number
  /**
   * Which direction the next faults hit, from the client (`up`) or to it (`down`); `heal` sets it
   * back to both. What is cut is cut both ways.
   */
  way: 'both' | Direction
  heal(): void
  close(): Promise<void>
}

type Direction = 'up' | 'down'

type Weather =
  | { readonly kind: 'open' | 'cut' | 'hold' | 'lose' }
  | { readonly kind: 'delay'; readonly ms: number }

const open: Weather = { kind: 'open' }

/** Puts a link in front of a database. `draw` gives the numbers of connections. */
export async function openLink(database: DatabaseAddress, draw: () => number): Promise<Link> {
  const pairs = new Set<Pair>()
  let weather: Weather = open
  let share = 1
  let way: Link['way'] = 'both'
  const weatherAt = (lot: number, direction: Direction) =>
    lot < share && (way === 'both' || way === direction) ? weather : open

  const server = createServer((client) => {
    const lot = draw()
    if (lot < share && weather.kind === 'cut') return void client.resetAndDestroy()
    const pair = new Pair(client, database, lot, weatherAt)
    pairs.add(pair)
    void pair.ended.then(() => pairs.delete(pair))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const breakAll = (part: number) => {
    for (const pair of pairs) {
      if (pair.lot < part) pair.break()
    }
  }
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      weather = { kind: 'cut' }
      breakAll(share)
    },
    hold() {
      weather = { kind: 'hold' }
    },
    lose() {
      weather = { kind: 'lose' }
    },
    delay(ms) {
      weather = { kind: 'delay', ms }
    },
    heal() {
      if (weather.kind === 'lose') breakAll(share)
      weather = open
      way = 'both'
      for (const pair of pairs) pair.resume()
    },
    get way() {
      return way
    },
    set way(direction) {
      way = direction
    },
    get share() {
      return share
    },
    set share(part) {
      share = part
    },
    async close() {
      server.close()
      breakAll(1)
      await once(server, 'close')
    },
  }
}

/** One connection: two ends, and the data under way in both directions. */
class Pair {
  readonly ended: Promise<void>
  /** Drawn when the connection was made: every fault hits a connection with a low number. */
  readonly lot: number
  readonly #client: Socket
  readonly #upstream: Socket
  readonly #ways: readonly Way[]

  constructor(
    client: Socket,
    database: DatabaseAddress,
    lot: number,
    weatherAt: (lot: number, direction: Direction) => Weather,
  ) {
    this.lot = lot
    this.#client = client
    this.#upstream = connect(database)
    client.setNoDelay(true)
    this.#ways = [
      new Way(client, this.#upstream, () => weatherAt(lot, 'up')),
      new Way(this.#upstream, client, () => weatherAt(lot, 'down')),
    ]
    const { promise, resolve } = Promise.withResolvers<void>()
    let open = 2
    for (const socket of [client, this.#upstream]) {
      socket.on('close', () => {
        open -= 1
        if (open === 0) resolve()
      })
    }
    this.ended = promise
  }

  break(): void {
    this.#client.resetAndDestroy()
    this.#upstream.destroy()
  }

  resume(): void {
    for (const way of this.#ways) way.resume()
  }
}

/** One direction of a connection: chunks, and at last the end of the stream. */
class Way {
  readonly #to: Socket
  readonly #weather: () => Weather
  readonly #queue: { readonly chunk: Buffer | 'gone'; readonly dueAt: number }[] = []
  #isSending = false

  constructor(from: Socket, to: Socket, weather: () => Weather) {
    this.#to = to
    this.#weather = weather
    from.on('data', (chunk) => this.#add(chunk))
    from.on('error', () => undefined)
    from.on('close', () => this.#add('gone'))
  }

  resume(): void {
    if (!this.#isSending) this.#send().catch(() => this.#to.destroy())
  }

  #add(chunk: Buffer | 'gone'): void {
    const weather = this.#weather()
    const lateMs = weather.kind === 'delay' ? weather.ms : 0
    this.#queue.push({ chunk, dueAt: performance.now() + lateMs })
    this.resume()
  }

  async #send(): Promise<void> {
    this.#isSending = true
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      const { kind } = this.#weather()
      if (kind === 'hold' || kind === 'lose') break
      const waitMs = next.dueAt - performance.now()
      if (waitMs > 0) {
        await sleep(waitMs)
        continue
      }
      this.#queue.shift()
      if (next.chunk === 'gone') this.#to.destroy()
      else if (!this.#to.destroyed) this.#to.write(next.chunk)
    }
    this.#isSending = false
  }
}
