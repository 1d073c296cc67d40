/**
 * Runs the model in a thread of its own, where nobody counts which lines ran: counting makes it six
 * times slower. `workerData` names the part.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { hunt } from './hunt.ts'
import { mutants } from './mutants.ts'
import { everySchedule } from './schedules.ts'
import { Tally } from './tally.ts'
import { tell } from './tell.ts'

export const schedules = 5_000

/** No mutant lives longer. */
const longestHunt = 8_000

export interface ScheduleReport {
  readonly count: number
  /** A schedule that broke a guarantee, and what happened in it. */
  readonly broken: string | undefined
  /** How often what happened. */
  readonly tally: Readonly<Record<keyof Tally, number>>
}

export interface MutantReport {
  readonly name: string
  readonly count: number
  /** The guarantee that it broke; undefined: it was not caught. */
  readonly guarantee: string | undefined
}

export interface Reports {
  readonly schedules: ScheduleReport
  readonly mutants: readonly MutantReport[]
}

const parts: { readonly [Part in keyof Reports]: () => Reports[Part] } = {
  schedules() {
    const tally = new Tally()
    const { count, found } = hunt({
      schedules: everySchedule,
      most: schedules,
      seed: 1,
      isShrunk: true,
      tally,
    })
    return { count, broken: found && tell(found), tally: { ...tally } }
  },
  mutants: () =>
    mutants.map(({ name, ...mutant }) => {
      const { count, found } = hunt({ ...mutant, most: longestHunt, seed: 1 })
      return { name, count, guarantee: found?.violation.guarantee }
    }),
}

parentPort?.postMessage(parts[workerData as keyof Reports]())
