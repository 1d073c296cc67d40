import type { Moment } from '../../src/domain/protocol/lease.ts'
import type { Scheduler } from './scheduler.ts'

/**
 * A machine: its two clocks, and whether what runs on it runs at all. While a process is stopped
 * (SIGSTOP) its clocks go on; while the machine is suspended the monotonic clock stands still and
 * the wall clock goes on. Either way what comes waits, and happens in order afterwards.
 */
export class Machine {
  readonly scheduler: Scheduler
  #monotonicRate: number
  #wallRate: number
  #monotonic: number
  #wall: number
  #since = 0
  #stops = 0
  #suspensions = 0
  #waiting: (() => void)[] = []

  constructor(scheduler: Scheduler, rates: { readonly monotonic: number; readonly wall: number }) {
    this.scheduler = scheduler
    this.#monotonicRate = rates.monotonic
    this.#wallRate = rates.wall
    // Nothing may depend on where a clock began.
    this.#monotonic = 1_000 * rates.wall
    this.#wall = 1_000_000 * rates.monotonic
  }

  get isFrozen(): boolean {
    return this.#stops + this.#suspensions > 0
  }

  moment(): Moment {
    return { monotonic: this.monotonic(), wall: this.wall() }
  }

  monotonic(): number {
    return this.#monotonic + this.#elapsed() * this.#rateNow()
  }

  wall(): number {
    return this.#wall + this.#elapsed() * this.#wallRate
  }

  /** True time until the monotonic clock has run so far, if nothing comes between. */
  trueTimeOf(monotonicMs: number): number {
    return monotonicMs / this.#monotonicRate
  }

  stepWall(ms: number): void {
    this.#settle()
    this.#wall += ms
  }

  setMonotonicRate(rate: number): void {
    this.#settle()
    this.#monotonicRate = rate
  }

  stop(ms: number): void {
    this.#stops += 1
    this.scheduler.after(ms, () => {
      this.#stops -= 1
      this.#thaw()
    })
  }

  suspend(ms: number): void {
    this.#settle()
    this.#suspensions += 1
    this.scheduler.after(ms, () => {
      this.#settle()
      this.#suspensions -= 1
      this.#thaw()
    })
  }

  /** Runs a synchronous step, now or as soon as anything runs again. */
  run(step: () => void): void {
    if (this.isFrozen) this.#waiting.push(step)
    else step()
  }

  #elapsed(): number {
    return this.scheduler.now - this.#since
  }

  #rateNow(): number {
    return this.#suspensions > 0 ? 0 : this.#monotonicRate
  }

  #settle(): void {
    this.#monotonic = this.monotonic()
    this.#wall = this.wall()
    this.#since = this.scheduler.now
  }

  #thaw(): void {
    if (this.isFrozen) return
    const waiting = this.#waiting
    this.#waiting = []
    for (const step of waiting) step()
  }
}
