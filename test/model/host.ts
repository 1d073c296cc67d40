import { edgeLeaseMs } from './edges/lease.ts'
import type { Environment } from './environment.ts'
import { Link } from './link.ts'
import { Machine } from './machine.ts'
import { Process } from './process.ts'
import type { MachineShape } from './schedule.ts'
import { SimulatedInstance, type SimulatedInstanceOptions } from './simulated-instance.ts'

export interface HostOptions
  extends Pick<SimulatedInstanceOptions, 'protocol' | 'maxStalenessMs' | 'onComplete'> {
  readonly environment: Environment
  readonly index: number
  readonly shape: MachineShape
  readonly hasEdges: boolean
}

/** A machine with its network, on which one process runs at a time. */
export class Host {
  readonly machine: Machine
  readonly link: Link
  readonly listens: boolean
  readonly #options: HostOptions
  #instance: SimulatedInstance | undefined

  constructor(options: HostOptions) {
    const { environment, shape, maxStalenessMs } = options
    const { scheduler, random, server } = environment
    this.#options = options
    this.machine = new Machine(scheduler, { monotonic: shape.monotonicRate, wall: shape.wallRate })
    this.link = new Link(scheduler, random, server, maxStalenessMs)
    this.listens = shape.listens
  }

  /** The latest process, alive or dead. */
  get instance(): SimulatedInstance | undefined {
    return this.#instance
  }

  start(): void {
    const { index, shape, ...shared } = this.#options
    const maxStalenessMs = this.#options.maxStalenessMs * (shape.staleness ?? 1)
    this.#instance = new SimulatedInstance({
      ...shared,
      name: `node ${index}`,
      machine: this.machine,
      link: this.link,
      maxStalenessMs,
      pollIntervalMs: (shape.pollInterval / 100) * maxStalenessMs,
      // Some forget hot keys, and some the latest changes.
      maxEntries: index === 1 ? 2 : 8,
      maxRemembered: index === 0 ? 2 : 1_000,
    })
    this.#instance.start()
  }

  /** kill -9, and a new process later. Perhaps a parent gives the row of the dead one up. */
  kill(downMs: number, isReaped: boolean): void {
    const { instance } = this
    if (instance === undefined) return
    instance.kill()
    const { id } = instance.driver.follower
    const reapAfterMs = this.#options.hasEdges ? this.#options.protocol.reapAfterMs(edgeLeaseMs) : 0
    if (isReaped && id !== undefined) this.#reap(id, reapAfterMs)
    this.#startAfter(downMs)
  }

  shutDown(drainMs: number, downMs: number): void {
    this.#instance?.stop(drainMs)
    this.#startAfter(downMs)
  }

  /** Its parent waits on its own clock, which is that of the machine. */
  #reap(id: string, afterMs: number): void {
    const reap = () =>
      this.link.post(() => {
        this.#options.environment.server.run((db) => db.deleteInstance(id))
      })
    if (afterMs === 0) reap()
    else new Process(this.machine).after(afterMs, reap)
  }

  #startAfter(downMs: number): void {
    const gone = this.#instance
    this.machine.scheduler.after(downMs, () => {
      gone?.kill()
      if (this.#instance === gone) this.start()
    })
  }
}
