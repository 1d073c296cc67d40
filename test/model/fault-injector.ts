import type { Database } from './database.ts'
import type { World } from './environment.ts'
import type { Place } from './host.ts'
import { keys, verdictOf } from './keys.ts'
import type { Committed } from './receipt-desk.ts'
import type { Happening } from './schedule.ts'

export interface FateOptions {
  readonly world: World
  readonly places: readonly Place[]
  /** A tenth of M, in milliseconds. */
  readonly tenth: number
  /** When every fault is over, in true time. */
  readonly calmFrom: number
  readonly latestCommit: () => Committed | undefined
}

/** Makes the happenings of a schedule happen. */
export class Fate {
  readonly #options: FateOptions
  #restoredAt = Number.NEGATIVE_INFINITY

  constructor(options: FateOptions) {
    this.#options = options
  }

  /** When the database was restored to an older state for the last time. */
  get restoredAt(): number {
    return this.#restoredAt
  }

  plan(happening: Happening): void {
    const { world, tenth } = this.#options
    // Not on the grid: what happens at once happens in every order.
    const at = (happening.at + world.random.between(-0.2, 0.2)) * tenth
    if (happening.kind === 'restore') {
      this.#planRestore(happening, at)
      return
    }
    if (happening.kind === 'act') this.#planWarming(at)
    world.agenda.at(at, () => {
      world.trace?.(`happens: ${JSON.stringify(happening)}`)
      this.#happen(happening)
    })
  }

  #planRestore(happening: Extract<Happening, { kind: 'restore' }>, at: number): void {
    const { world, tenth } = this.#options
    let backup: Database | undefined
    world.agenda.at(at - happening.back * tenth, () => {
      backup = world.server.primary.copy()
    })
    world.agenda.at(at, () => {
      if (backup !== undefined) this.#restore(backup, this.#untilCalm(happening.for))
    })
  }

  /** Just before an act every key is hot everywhere. */
  #planWarming(at: number): void {
    const { world, places, tenth } = this.#options
    for (const place of places) {
      for (const key of keys.keys()) {
        world.agenda.at(at - world.random.between(0, 0.5 * tenth), () => place.node?.verify(key))
      }
    }
  }

  #restore(backup: Database, downMs: number): void {
    const { server, history, agenda, random, trace } = this.#options.world
    trace?.('the database is restored to an older state')
    // A restore in place keeps the timeline.
    backup.restarted(random.chance(0.5))
    backup.forgetInstances(() => random.chance(0.5))
    server.restart(downMs, backup)
    this.#restoredAt = agenda.now
    for (const [key, { facts }] of backup.keys.entries()) {
      history.becomes(key, verdictOf(facts, 0), agenda.now)
    }
    this.#cutAll()
  }

  #cutAll(): void {
    for (const { link } of this.#options.places) link.cut()
  }

  #happen(happening: Exclude<Happening, { kind: 'restore' }>): void {
    const { server } = this.#options.world
    switch (happening.kind) {
      case 'restart_database':
        server.restart(this.#untilCalm(happening.for))
        this.#cutAll()
        break
      case 'standby':
        server.misroute(this.#untilCalm(happening.for))
        break
      case 'promote':
        this.#options.world.tally.promotions += 1
        server.promote(this.#untilCalm(happening.for))
        if (happening.cuts) this.#cutAll()
        break
      case 'prune':
        server.primary.prune(happening.kept)
        break
      default: {
        const place = this.#options.places[happening.machine]
        if (place !== undefined) this.#happenAt(place, happening)
      }
    }
  }

  #happenAt(place: Place, happening: Extract<Happening, { readonly machine: number }>): void {
    const { random } = this.#options.world
    const { tenth } = this.#options
    switch (happening.kind) {
      case 'act':
        place.node?.act(happening.act, happening.isOfAVersionToCome)
        if (happening.asksAgain) this.#askAgainLater()
        break
      case 'stop':
        place.machine.stop(this.#untilCalm(happening.for))
        break
      case 'suspend':
        place.machine.suspend(this.#untilCalm(happening.for))
        break
      case 'partition':
        place.link.partition(this.#untilCalm(happening.for))
        break
      case 'storm':
        place.link.storm(this.#untilCalm(happening.for))
        break
      case 'cut':
        place.link.cut()
        break
      case 'step_wall':
        place.machine.stepWall(happening.by * tenth)
        break
      case 'drift':
        place.machine.setMonotonicRate(happening.rate)
        break
      case 'kill':
        place.kill(this.#untilCalm(happening.for), happening.isReaped)
        break
      case 'shut_down':
        place.shutDown(random.between(0, tenth), this.#untilCalm(happening.for))
    }
  }

  /** Somebody asks any instance for the receipt of the latest change. */
  #askAgainLater(): void {
    const { world, places, tenth, latestCommit } = this.#options
    world.agenda.after(world.random.between(0, 10 * tenth), () => {
      const latest = latestCommit()
      const place = places[world.random.integer(places.length)]
      if (latest !== undefined) place?.node?.askAgain(latest)
    })
  }

  #untilCalm(tenths: number): number {
    const { world, tenth, calmFrom } = this.#options
    return Math.max(0, Math.min(tenths * tenth, calmFrom - world.agenda.now))
  }
}
