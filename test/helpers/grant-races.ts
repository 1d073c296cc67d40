import type { Answer } from './api.ts'
import { type Act, grants, narrowers, wideners } from './grant-race-acts.ts'
import { type Site, stateOf } from './grant-race-site.ts'
import { until } from './locks.ts'

/** Two concurrent acts: the first grants, and the second changes what the first is judged by. */
export interface Race {
  readonly grant: string
  readonly change: string
  readonly acts: readonly [Act, Act]
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

const granting = { ...grants, ...wideners }
const changing = { ...wideners, ...narrowers }

/** Every pair of acts. */
export const races: readonly Race[] = Object.entries(granting).flatMap(([grant, first]) =>
  Object.entries(changing)
    .filter(([change]) => change !== grant)
    .map(([change, second]) => ({ grant, change, acts: [first, second] as const })),
)

/** Runs the acts one after the other, in both orders. */
export async function runInTurn(site: Site, { acts }: Race): Promise<SerialOutcomes> {
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
export async function runOverlapping(site: Site, { acts }: Race, order: Order): Promise<string> {
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
export async function runFreely(site: Site, { acts }: Race): Promise<string> {
  await site.restore()
  return outcomeOf(site, await Promise.all(acts.map((act) => act(site))))
}

async function countBlocked({ raw }: Site): Promise<number> {
  const { rows } = await raw.query(
    `select pg_stat_clear_snapshot(), (select count(*)::int from pg_locks where not granted) as blocked`,
  )
  return rows[0].blocked
}

async function outcomeOf(site: Site, answers: readonly Answer[]): Promise<string> {
  const results = answers.map(({ status, body }) => `${status} ${body?.code ?? ''}`.trim())
  return `${results.join(', ')}\n${await stateOf(site)}`
}
