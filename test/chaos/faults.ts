import { setTimeout as sleep } from 'node:timers/promises'
import type { KillableDatabase } from './database.ts'
import type { ChaosInstance } from './instance.ts'
import type { Random } from './random.ts'

export const instanceFaults = [
  'process killed',
  'process restarted in order',
  'process stopped',
  'connections cut',
  'connections held',
  'connections lost',
  'connections delayed',
  'clock shifted',
] as const
export const databaseFaults = ['database killed', 'session killed', 'listeners terminated'] as const
export type Fault = (typeof instanceFaults)[number] | (typeof databaseFaults)[number]

export interface FaultsOptions {
  readonly random: Random
  readonly instances: readonly ChaosInstance[]
  readonly database: KillableDatabase
  readonly leaseMs: number
  readonly note: (event: string) => void
}

const dayMs = 86_400_000

/** Draws faults, one after the other of every kind, some at the same time, until it is ended; then all is whole again. */
export class Faults {
  readonly counts = new Map<Fault, number>()
  readonly #options: FaultsOptions
  readonly #busy = new Set<ChaosInstance>()
  readonly #ending = new AbortController()
  #running: Promise<unknown> = Promise.resolve()

  constructor(options: FaultsOptions) {
    this.#options = options
  }

  start(): void {
    this.#running = Promise.all([
      this.#breakInstances(),
      this.#breakInstances(),
      this.#breakDatabase(),
    ])
  }

  /** Resolves when the last fault is over. */
  async end(): Promise<void> {
    this.#ending.abort()
    await this.#running
  }

  async #breakInstances(): Promise<void> {
    const { random, instances } = this.#options
    for (const kind of this.#bag(instanceFaults)) {
      await this.#pause(random.between(500, 3_500))
      if (this.#ending.signal.aborted) return
      const whole = instances.filter((instance) => !this.#busy.has(instance))
      const [instance] = random.shuffled(whole)
      if (instance === undefined) continue
      this.#busy.add(instance)
      this.#begin(kind, instance.name)
      await this.#breakInstance(kind, instance)
      this.#over(kind, instance.name)
      this.#busy.delete(instance)
    }
  }

  async #breakInstance(
    kind: (typeof instanceFaults)[number],
    instance: ChaosInstance,
  ): Promise<void> {
    const { random, leaseMs } = this.#options
    const links = random.chance(0.7) ? instance.links : random.shuffled(instance.links).slice(0, 1)
    switch (kind) {
      case 'process killed':
        await instance.end('SIGKILL')
        await this.#pause(random.between(0, 2 * leaseMs))
        return instance.start()
      case 'process restarted in order':
        await instance.end('SIGTERM')
        return instance.start()
      case 'process stopped':
        return instance.pause(random.between(leaseMs, 2.5 * leaseMs))
      case 'connections cut':
        for (const link of links) link.cut()
        break
      case 'connections held':
        for (const link of links) link.hold()
        break
      case 'connections lost':
        for (const link of links) link.lose()
        break
      case 'connections delayed':
        for (const link of links) link.delay(random.between(20, 400))
        break
      case 'clock shifted':
        return this.#shiftClock(instance)
    }
    await this.#pause(random.between(0.3 * leaseMs, 2.5 * leaseMs))
    for (const link of links) link.heal()
  }

  /** By less than a lease, or by days; both ways; and back. */
  async #shiftClock(instance: ChaosInstance): Promise<void> {
    const { random, leaseMs } = this.#options
    for (let step = 0; step < 3; step += 1) {
      const reach = random.pick([leaseMs / 2, leaseMs * 2, dayMs * 3])
      instance.setClock(Math.round(random.between(-reach, reach)))
      await this.#pause(random.between(300, leaseMs))
    }
    instance.setClock(0)
  }

  async #breakDatabase(): Promise<void> {
    const { random } = this.#options
    for (const kind of this.#bag(databaseFaults)) {
      await this.#pause(random.between(4_000, 12_000))
      if (this.#ending.signal.aborted) return
      this.#begin(kind, 'database')
      await this.#breakDatabaseBy(kind).catch((error) => this.#options.note(`${kind}: ${error}`))
      this.#over(kind, 'database')
    }
  }

  async #breakDatabaseBy(kind: (typeof databaseFaults)[number]): Promise<void> {
    const { random, database } = this.#options
    switch (kind) {
      case 'database killed':
        await database.kill()
        await this.#pause(random.between(0, 4_000))
        return database.start()
      case 'session killed':
        await database.killSession()
        return
      case 'listeners terminated':
        await database.terminateListeners()
        return
    }
  }

  /** Every kind as often as any other, in an order drawn anew each time. */
  *#bag<Kind extends Fault>(kinds: readonly Kind[]): Generator<Kind> {
    for (;;) yield* this.#options.random.shuffled(kinds)
  }

  #begin(kind: Fault, where: string): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1)
    this.#options.note(`${where}: ${kind}`)
  }

  #over(kind: Fault, where: string): void {
    this.#options.note(`${where}: ${kind}, over`)
  }

  async #pause(ms: number): Promise<void> {
    // The end cuts a pause short; whoever pauses looks whether it came.
    await sleep(ms, undefined, { signal: this.#ending.signal }).catch(() => undefined)
  }
}
