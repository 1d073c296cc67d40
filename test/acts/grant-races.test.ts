/**
 * Two acts at once, of which one grants and the other widens or narrows what it is judged by: what comes
 * of them is what comes of one after the other. Every pair, at both isolations.
 */
import t, { type Test } from 'tap'
import { isolationLevels } from '../../src/store/database.ts'
import type { Answer } from '../helpers/api.ts'
import { type Act, grants, narrowers, wideners } from '../helpers/grant-race-acts.ts'
import { openSite, type Site, stateOf } from '../helpers/grant-race-site.ts'
import { until } from '../helpers/locks.ts'

/** Each so many-th pair is also let run freely. */
const freeEvery = 4
/** Pairs are walked by so many at once, on databases of their own. */
const walkers = 2

const granting = { ...grants, ...wideners }
const changing = { ...wideners, ...narrowers }
const pairs = Object.entries(granting).flatMap(([grant, first]) =>
  Object.entries(changing)
    .filter(([change]) => change !== grant)
    .map(([change, second]) => ({ name: `${grant}; ${change}`, acts: [first, second] as const })),
)
const bothWays: readonly Order[] = [
  [0, 1],
  [1, 0],
]

t.test('every pair of acts has the outcome of some order', async (t) => {
  const walked = await Promise.all(
    Array.from({ length: walkers }, async (_, walker) => {
      const sites = await Promise.all(isolationLevels.map((isolation) => openSite(t, isolation)))
      let ordered = 0
      for (const [index, pair] of pairs.entries()) {
        if (index % walkers !== walker) continue
        if (await walk(t, sites, pair, index)) ordered += 1
      }
      return ordered
    }),
  )
  const ordered = walked.reduce((sum, count) => sum + count, 0)
  t.ok(ordered > pairs.length / 4, `the order matters to ${ordered} of ${pairs.length} pairs`)
})

/**
 * Whether the order of the two matters. If it does not, they are tried in one order at each isolation: which
 * one changes from pair to pair.
 */
async function walk(
  t: Test,
  sites: readonly Site[],
  { name, acts }: (typeof pairs)[number],
  index: number,
): Promise<boolean> {
  const [committed] = sites
  if (committed === undefined) throw new Error('There is no site.')
  const serial: string[] = []
  for (const order of bothWays) serial.push(await inTurn(committed, acts, order))
  const isOrdered = serial[0] !== serial[1]
  for (const [isolation, site] of sites.entries()) {
    const orders = isOrdered ? bothWays : bothWays.slice((index + isolation) % 2).slice(0, 1)
    const seen: string[] = []
    for (const order of orders) seen.push(await overlapping(site, acts, order))
    if (index % freeEvery === 0) seen.push(await free(site, acts))
    const strange = seen.filter((outcome) => !serial.includes(outcome))
    if (strange.length > 0) t.same(strange, serial, `${name}, under ${isolationLevels[isolation]}`)
  }
  return isOrdered
}

type Acts = readonly [Act, Act]
type Order = readonly [0 | 1, 0 | 1]

/** One after the other. */
async function inTurn(site: Site, acts: Acts, order: Order): Promise<string> {
  await site.restore()
  const answers: Answer[] = []
  for (const index of order) answers[index] = await acts[index](site)
  return outcomeOf(site, answers)
}

/**
 * The second begins when the first has done all but write its event and commit, and has either done as
 * much or waits for the first when both are let go.
 */
async function overlapping(site: Site, acts: Acts, order: Order): Promise<string> {
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

/** As it comes. */
async function free(site: Site, acts: Acts): Promise<string> {
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
  const told = answers.map(({ status, body }) => `${status} ${body?.code ?? ''}`.trim())
  return `${told.join(', ')}\n${await stateOf(site)}`
}
