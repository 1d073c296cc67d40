import { setTimeout as sleep } from 'node:timers/promises'
import type { ChaosProcess } from './chaos-process.ts'
import type { ChaosDatabase } from './database.ts'
import type { ChaosEdge } from './edge.ts'
import { breakEdge, breakStreams, edgeFaults, streamFaults } from './edge-faults.ts'
import { FailoverDatabase } from './failover-database.ts'
import { type FailoverFault, failOver, failoverFaults } from './failovers.ts'
import type { ChaosInstance } from './instance.ts'
import { Random } from './random.ts'

const processFaults = ['process killed', 'process restarted in order', 'process stopped'] as const
const linkFaults = [
  'connections cut',
  'connections held',
  'connections lost',
  'connections delayed',
] as const
const clockFaults = ['clock shifted'] as const
const databaseFaults = ['database killed', 'session killed', 'listeners terminated'] as const
export const everyFault = [...processFaults, ...linkFaults, ...clockFaults, ...databaseFaults]
/** Those of a run with edges. */
const workerFaults = ['worker killed'] as const
export const everyEdgeFault = [...edgeFaults, ...streamFaults, ...workerFaults]
export type Fault = (typeof everyFault)[number] | (typeof everyEdgeFault)[number] | FailoverFault

export interface FaultsOptions {
  readonly seed: number
  readonly instances: readonly [ChaosInstance, ...ChaosInstance[]]
  readonly database: ChaosDatabase
  readonly leaseMs: number
  readonly edges: readonly ChaosEdge[]
  readonly edgeLeaseMs: number
  /** Those that consist of several processes. */
  readonly withWorkers: readonly ChaosInstance[]
  readonly note: (event: string) => void
}

const dayMs = 86_400_000

const breaking = {
  'connections cut': 'cut',
  'connections held': 'hold',
  'connections lost': 'lose',
} as const

/**
 * Injects random faults until it is ended; then everything is repaired. Faults of processes, of
 * connections, of clocks and of the database are independent of each other: several may hit one
 * instance at once.
 */
export class Faults {
  readonly counts = new Map<Fault, number>()
  readonly #options: FaultsOptions
  readonly #ending = new AbortController()
  #running: Promise<unknown> = Promise.resolve()
  #failovers = 0

  constructor(options: FaultsOptions) {
    this.#options = options
  }

  start(): void {
    const { database, edges, instances, seed } = this.#options
    const atAny = (random: Random) => random.pick(instances)
    const atAnyClock = (random: Random) => random.pick<ChaosProcess>([...instances, ...edges])
    this.#running = Promise.all([
      this.#draw(new Random(seed), processFaults, [300, 3_000], atAny, (...fault) =>
        this.#breakProcess(...fault),
      ),
      this.#draw(new Random(seed + 1), linkFaults, [200, 2_000], atAny, (...fault) =>
        this.#breakLinks(...fault),
      ),
      this.#draw(new Random(seed + 2), clockFaults, [1_000, 6_000], atAnyClock, (...fault) =>
        this.#shiftClock(...fault),
      ),
      ...this.#drawEdgeFaults(),
      database instanceof FailoverDatabase
        ? this.#drawFailovers(database)
        : this.#draw(
            new Random(seed + 3),
            databaseFaults,
            [3_000, 9_000],
            () => database,
            (...fault) => this.#breakDatabase(...fault),
          ),
    ])
  }

  /** The number of failovers that are over. */
  get failovers(): number {
    return this.#failovers
  }

  /** Rejects when a fault cannot be repaired. */
  get failed(): Promise<unknown> {
    return this.#running
  }

  /** Resolves when the last fault is over. */
  async end(): Promise<void> {
    this.#ending.abort()
    await this.#running
  }

  #drawEdgeFaults(): readonly Promise<void>[] {
    const { edgeLeaseMs: leaseMs, edges, seed, withWorkers } = this.#options
    const pause = (ms: number) => this.#pause(ms)
    const [edge, ...others] = edges
    const [instance, ...more] = withWorkers
    if (edge === undefined || instance === undefined) return []
    const atAny = (random: Random) => random.pick([edge, ...others])
    const atWorkers = (random: Random) => random.pick([instance, ...more])
    return [
      this.#draw(new Random(seed + 7), edgeFaults, [300, 2_000], atAny, (kind, edge, random) =>
        breakEdge(kind, { edge, random, leaseMs, pause }),
      ),
      this.#draw(new Random(seed + 8), streamFaults, [200, 1_500], atAny, (kind, edge, random) =>
        breakStreams(kind, { edge, random, leaseMs, pause }),
      ),
      this.#draw(new Random(seed + 9), workerFaults, [2_000, 6_000], atWorkers, (_kind, one) =>
        one.killWorker(),
      ),
    ]
  }

  /** Other faults of a primary happen between its failovers, never during one. */
  #drawFailovers(database: FailoverDatabase): Promise<void> {
    const { leaseMs, seed } = this.#options
    const kinds = [...databaseFaults, ...failoverFaults]
    const random = new Random(seed + 3)
    const pause = (ms: number) => this.#pause(ms)
    return this.#draw(
      random,
      kinds,
      [500, 3_500],
      () => database,
      async (kind) => {
        if (!isFailover(kind)) return this.#breakDatabase(kind, database, random)
        await failOver(kind, { database, random, leaseMs, pause })
        this.#failovers += 1
      },
    )
  }

  /** One fault after the other; every kind equally often, in an order drawn anew each time. */
  async #draw<Kind extends Fault, Place extends { readonly name: string }>(
    random: Random,
    kinds: readonly Kind[],
    [shortestMs, longestMs]: readonly [number, number],
    placeOf: (random: Random) => Place,
    act: (kind: Kind, place: Place, random: Random) => Promise<void>,
  ): Promise<void> {
    const { note } = this.#options
    while (!this.#ending.signal.aborted) {
      for (const kind of random.shuffled(kinds)) {
        await this.#pause(random.between(shortestMs, longestMs))
        if (this.#ending.signal.aborted) return
        const place = placeOf(random)
        this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1)
        note(`${place.name}: ${kind}`)
        await act(kind, place, random)
        note(`${place.name}: ${kind}, over`)
      }
    }
  }

  async #breakProcess(
    kind: (typeof processFaults)[number],
    instance: ChaosInstance,
    random: Random,
  ): Promise<void> {
    const { leaseMs } = this.#options
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
    }
  }

  async #breakLinks(
    kind: (typeof linkFaults)[number],
    instance: ChaosInstance,
    random: Random,
  ): Promise<void> {
    const { leaseMs } = this.#options
    const links = random.chance(0.7) ? instance.links : random.shuffled(instance.links).slice(0, 1)
    const lateMs = random.between(20, 400)
    // All connections, as after a lost route, or some, as when one server of several behind a name
    // is gone.
    const share = random.pick([1, 1, 0.5])
    for (const link of links) {
      link.share = share
      if (kind === 'connections delayed') link.delay(lateMs)
      else link[breaking[kind]]()
    }
    await this.#pause(random.between(0.3 * leaseMs, 2.5 * leaseMs))
    for (const link of links) link.heal()
  }

  /** By less than a lease, or by days; in both directions; and back. */
  async #shiftClock(_kind: 'clock shifted', instance: ChaosProcess, random: Random): Promise<void> {
    const { leaseMs } = this.#options
    for (let step = 0; step < 3; step += 1) {
      const reach = random.pick([leaseMs / 2, leaseMs * 2, dayMs * 3])
      instance.setClock(Math.round(random.between(-reach, reach)))
      await this.#pause(random.between(300, leaseMs))
    }
    instance.setClock(0)
  }

  async #breakDatabase(
    kind: (typeof databaseFaults)[number],
    database: ChaosDatabase,
    random: Random,
  ): Promise<void> {
    switch (kind) {
      case 'database killed':
        await database.kill()
        await this.#pause(random.between(0, 4_000))
        return database.start()
      case 'session killed':
        return database.killSession()
      case 'listeners terminated':
        return database.terminateListeners()
    }
  }

  async #pause(ms: number): Promise<void> {
    // The end of the run ends the pause early; the caller checks for it.
    await sleep(ms, undefined, { signal: this.#ending.signal }).catch(() => undefined)
  }
}

function isFailover(kind: Fault): kind is FailoverFault {
  return failoverFaults.some((one) => one === kind)
}
