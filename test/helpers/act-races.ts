import type { Client } from 'pg'
import type { Answer } from './api.ts'
import { until } from './until.ts'

/** Where acts race: everything is restored between two races. */
export interface RaceSite {
  readonly raw: Client
  restore(): Promise<void>
  /** Everything that the acts may change, as one text. */
  state(): Promise<string>
}

export type Act<Site> = (site: Site) => Promise<Answer>
export type Acts<Site> = Readonly<Record<string, Act<Site>>>

/** Two concurrent acts, by their names. */
export interface Race<Site> {
  readonly name: string
  readonly names: readonly [string, string]
  readonly acts: readonly [Act<Site>, Act<Site>]
}

/** The results of two acts one after the other, in both orders. */
export interface SerialOutcomes {
  readonly outcomes: readonly string[]
  /** Whether the order of the acts matters. */
  readonly isOrdered: boolean
}

export type Order = readonly [0 | 1, 0 | 1]

export const bothWays: readonly [Order, Order] = [
  [0, 1],
  [1, 0],
]

/** Each act of the one table with each of the other, but for those of the same name. */
export function racesOf<Site>(some: Acts<Site>, others: Acts<Site>): readonly Race<Site>[] {
  return Object.entries(some).flatMap(([one, first]) =>
    Object.entries(others)
      .filter(([other]) => other !== one)
      .map(([other, second]) => raceOf([one, first], [other, second])),
  )
}

/** Each act of the table with each one from it on: itself too. */
export function allPairsOf<Site>(acts: Acts<Site>): readonly Race<Site>[] {
  const entries = Object.entries(acts)
  return entries.flatMap((one, place) => entries.slice(place).map((other) => raceOf(one, other)))
}

type Named<Site> = readonly [string, Act<Site>]

function raceOf<Site>([one, first]: Named<Site>, [other, second]: Named<Site>): Race<Site> {
  return { name: `${one}; ${other}`, names: [one, other], acts: [first, second] }
}

/** Runs the acts one after the other, in both orders. */
export async function runInTurn<Site extends RaceSite>(
  site: Site,
  { acts }: Race<Site>,
): Promise<SerialOutcomes> {
  const outcomes: string[] = []
  for (const order of bothWays) {
    await site.restore()
    const answers: Answer[] = []
    for (const index of order) answers[index] = await acts[index](site)
    outcomes.push(await outcomeOf(site, answers))
  }
  return { outcomes, isOrdered: outcomes[0] !== outcomes[1] }
}

/**
 * Runs the acts concurrently: the second begins when the first has done everything but write its
 * event and commit; both go on once the second has done as much, or waits for the first.
 */
export async function runOverlapping<Site extends RaceSite>(
  site: Site,
  { acts }: Race<Site>,
  order: Order,
): Promise<string> {
  await site.restore()
  const { raw } = site
  await raw.query('begin; select from audit_chain order by account_id for update')
  const answers: Promise<Answer>[] = []
  let open = 0
  for (const index of order) {
    open += 1
    answers[index] = acts[index](site).finally(() => {
      open -= 1
    })
    await until(async () => open === 0 || (await countBlocked(site)) >= open)
  }
  await raw.query('commit')
  return outcomeOf(site, await Promise.all(answers))
}

/** Runs the acts concurrently, without any control of their order. */
export async function runFreely<Site extends RaceSite>(
  site: Site,
  { acts }: Race<Site>,
): Promise<string> {
  await site.restore()
  return outcomeOf(site, await Promise.all(acts.map((act) => act(site))))
}

async function countBlocked({ raw }: RaceSite): Promise<number> {
  const { rows } = await raw.query(
    `select pg_stat_clear_snapshot(), (select count(*)::int from pg_locks where not granted) as blocked`,
  )
  return rows[0].blocked
}

async function outcomeOf(site: RaceSite, answers: readonly Answer[]): Promise<string> {
  const results = answers.map(({ status, body }) => `${status} ${body?.code ?? ''}`.trim())
  return `${results.join(', ')}\n${await site.state()}`
}
