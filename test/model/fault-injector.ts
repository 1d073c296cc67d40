import type { RevisionRef } from '../../src/domain/protocol/revision-ref.ts'
import type { Database } from './database.ts'
import type { Environment } from './environment.ts'
import type { Host } from './host.ts'
import type { SimulatedEvent } from './schedule.ts'
import { tokens } from './tokens.ts'

export interface FaultInjectorOptions {
  readonly environment: Environment
  readonly hosts: readonly Host[]
  /** A tenth of M, in milliseconds. */
  readonly tenth: number
  /** When every fault is over, in true time. */
  readonly calmFrom: number
  readonly latestCommit: () => RevisionRef | undefined
}

/** Injects the events of a schedule. */
export class FaultInjector {
  readonly #options: FaultInjectorOptions
  #restoredAt = Number.NEGATIVE_INFINITY

  constructor(options: FaultInjectorOptions) {
    this.#options = options
  }

  /** When the database was restored to an older state for the last time. */
  get restoredAt(): number {
    return this.#restoredAt
  }

  plan(event: SimulatedEvent): void {
    const { environment, tenth } = this.#options
    // Not on the grid: what happens at once happens in every order.
    const at = (event.at + environment.random.between(-0.2, 0.2)) * tenth
    if (event.kind === 'restore') {
      this.#planRestore(event, at)
      return
    }
    if (event.kind === 'act') this.#planWarming(at)
    environment.scheduler.at(at, () => {
      environment.trace?.(`event: ${JSON.stringify(event)}`)
      this.#inject(event)
    })
  }

  #planRestore(event: Extract<SimulatedEvent, { kind: 'restore' }>, at: number): void {
    const { environment, tenth } = this.#options
    let backup: Database | undefined
    environment.scheduler.at(at - event.back * tenth, () => {
      backup = environment.server.primary.copy()
    })
    environment.scheduler.at(at, () => {
      if (backup === undefined) return
      this.#restore(backup, this.#untilCalm(event.for))
    })
  }

  /** Just before an act every key is hot everywhere. */
  #planWarming(at: number): void {
    const { environment, hosts, tenth } = this.#options
    for (const host of hosts) {
      for (const token of tokens) {
        environment.scheduler.at(at - environment.random.between(0, 0.5 * tenth), () =>
          host.instance?.verify([token]),
        )
      }
    }
  }

  #restore(backup: Database, downMs: number): void {
    const { server, history, scheduler, random, trace } = this.#options.environment
    trace?.('the database is restored to an older state')
    // A restore in place keeps the timeline.
    backup.restarted(random.chance(0.5))
    server.restart(downMs, backup)
    this.#restoredAt = scheduler.now
    for (const token of tokens) history.becomes(token, backup.verdictOn(token), scheduler.now)
    this.#cutAll()
  }

  #cutAll(): void {
    for (const { link } of this.#options.hosts) link.cut()
  }

  #inject(event: Exclude<SimulatedEvent, { kind: 'restore' }>): void {
    const { server } = this.#options.environment
    switch (event.kind) {
      case 'restart_database':
        server.restart(this.#untilCalm(event.for))
        this.#cutAll()
        break
      case 'standby':
        server.misroute(this.#untilCalm(event.for))
        break
      case 'promote':
        this.#options.environment.counts.promotions += 1
        server.promote(this.#untilCalm(event.for))
        if (event.cuts) this.#cutAll()
        break
      case 'prune':
        server.primary.prune(event.kept)
        break
      default: {
        const host = this.#options.hosts[event.machine]
        if (host !== undefined) this.#injectAt(host, event)
      }
    }
  }

  #injectAt(host: Host, event: Extract<SimulatedEvent, { readonly machine: number }>): void {
    const { random } = this.#options.environment
    const { tenth } = this.#options
    switch (event.kind) {
      case 'act':
        host.instance?.act(event.act, event.isOfAVersionToCome)
        if (event.asksAgain) this.#askAgainLater()
        break
      case 'stop':
        host.machine.stop(this.#untilCalm(event.for))
        break
      case 'suspend':
        host.machine.suspend(this.#untilCalm(event.for))
        break
      case 'partition':
        host.link.partition(this.#untilCalm(event.for))
        break
      case 'storm':
        host.link.storm(this.#untilCalm(event.for))
        break
      case 'cut':
        host.link.cut()
        break
      case 'step_wall':
        host.machine.stepWall(event.by * tenth)
        break
      case 'drift':
        host.machine.setMonotonicRate(event.rate)
        break
      case 'kill':
        host.kill(this.#untilCalm(event.for), event.isReaped)
        break
      case 'shut_down':
        host.shutDown(random.between(0, tenth), this.#untilCalm(event.for))
    }
  }

  /** A caller asks any instance for the receipt of the latest change. */
  #askAgainLater(): void {
    const { environment, hosts, tenth, latestCommit } = this.#options
    environment.scheduler.after(environment.random.between(0, 10 * tenth), () => {
      const latest = latestCommit()
      const host = hosts[environment.random.integer(hosts.length)]
      if (latest !== undefined) host?.instance?.askAgain(latest)
    })
  }

  #untilCalm(tenths: number): number {
    const { environment, tenth, calmFrom } = this.#options
    return Math.max(0, Math.min(tenths * tenth, calmFrom - environment.scheduler.now))
  }
}
