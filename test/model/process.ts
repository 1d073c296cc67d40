import type { Machine } from './machine.ts'

/** A process: it lives until it is killed or ends, and nothing of it happens afterwards. */
export class Process {
  readonly machine: Machine
  readonly startedAt: number
  #isAlive = true

  constructor(machine: Machine) {
    this.machine = machine
    this.startedAt = machine.scheduler.now
  }

  get isAlive(): boolean {
    return this.#isAlive
  }

  end(): void {
    this.#isAlive = false
  }

  /** One synchronous step, when the machine runs. */
  run(step: () => void): void {
    this.machine.run(() => {
      if (this.#isAlive) step()
    })
  }

  /** A timer, on the monotonic clock. */
  after(ms: number, step: () => void): void {
    const due = this.machine.monotonic() + ms
    this.#wake(ms, due, step)
  }

  #wake(ms: number, due: number, step: () => void): void {
    this.machine.scheduler.after(this.machine.trueTimeOf(ms), () => {
      this.run(() => {
        const left = due - this.machine.monotonic()
        if (left > 1e-6) this.#wake(left, due, step)
        else step()
      })
    })
  }
}
