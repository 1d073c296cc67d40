import { randomInt } from 'node:crypto'
import type { Test } from 'tap'
import { type IsolationLevel, isolationLevels } from '../../src/store/database.ts'
import { Random } from '../chaos/random.ts'
import {
  bothWays,
  type Race,
  type RaceSite,
  runFreely,
  runInTurn,
  runOverlapping,
} from './act-races.ts'

type OpenSite<Site> = (t: Test, isolation: IsolationLevel) => Promise<Site>

/** Each so many-th pair is also let run freely. */
const freeEvery = 4
/** Pairs are walked by so many at once, on databases of their own. */
const walkers = 2

export interface Sample {
  readonly size: number
  /** Two acts whose order matters: their pair is in every sample. */
  readonly ordered: readonly [string, string]
}

/**
 * Tries a sample of the pairs, drawn anew by each run, each pair at one isolation: the outcome is
 * that of some order. SEED=N repeats a sample.
 */
export async function trySample<Site extends RaceSite>(
  t: Test,
  open: OpenSite<Site>,
  races: readonly Race<Site>[],
  { size, ordered: [one, other] }: Sample,
): Promise<void> {
  const seed = Number(process.env.SEED ?? randomInt(2 ** 31))
  await t.test(`two acts at once have the outcome of some order (SEED=${seed})`, async (t) => {
    const sites: Site[] = []
    for (const isolation of isolationLevels) sites.push(await open(t, isolation))
    const always = races.filter(({ names }) => names[0] === one && names[1] === other)
    const sample = [...always, ...sampleOf(races, seed, size - always.length)]
    let ordered = 0
    for (const [index, race] of sample.entries()) {
      const isolation = index % sites.length
      const site = sites[isolation]
      if (site === undefined) throw new Error('There is no site.')
      const { outcomes, isOrdered } = await runInTurn(site, race)
      if (isOrdered) ordered += 1
      for (const order of bothWays) {
        const outcome = await runOverlapping(site, race, order)
        const name = `${race.name}, under ${isolationLevels[isolation]}`
        t.ok(outcomes.includes(outcome), name, { outcome, outcomes })
      }
    }
    t.ok(ordered > 0, `the order matters to ${ordered} of ${sample.length} pairs`)
  })
}

/** Each act at least once, in few pairs; then pairs by chance. */
function sampleOf<Site>(all: readonly Race<Site>[], from: number, size: number) {
  const shuffled = new Random(from).shuffled(all)
  const met = new Set<string>()
  const meetNew = (count: 1 | 2) =>
    shuffled.filter(({ names }) => {
      if (names.filter((name) => !met.has(name)).length < count) return false
      for (const name of names) met.add(name)
      return true
    })
  const covering = [...meetNew(2), ...meetNew(1)]
  const others = shuffled.filter((race) => !covering.includes(race))
  return [...covering, ...others.slice(0, Math.max(0, size - covering.length))]
}

/** Tries every pair at both isolations. The order must matter to so large a share of the pairs. */
export async function tryAll<Site extends RaceSite>(
  t: Test,
  open: OpenSite<Site>,
  races: readonly Race<Site>[],
  share: number,
): Promise<void> {
  await t.test('every pair of acts has the outcome of some order', async (t) => {
    const walked = await Promise.all(
      Array.from({ length: walkers }, async (_, walker) => {
        const sites = await Promise.all(isolationLevels.map((isolation) => open(t, isolation)))
        let ordered = 0
        for (const [index, race] of races.entries()) {
          if (index % walkers !== walker) continue
          if (await tryPair(t, sites, race, index)) ordered += 1
        }
        return ordered
      }),
    )
    const ordered = walked.reduce((sum, count) => sum + count, 0)
    t.ok(ordered > races.length * share, `the order matters to ${ordered} of ${races.length} pairs`)
  })
}

/**
 * Whether the order of the two matters. If it does not, they are tried in one order at each
 * isolation: which one changes from pair to pair.
 */
async function tryPair<Site extends RaceSite>(
  t: Test,
  sites: readonly Site[],
  race: Race<Site>,
  index: number,
): Promise<boolean> {
  const [committed] = sites
  if (committed === undefined) throw new Error('There is no site.')
  const { outcomes, isOrdered } = await runInTurn(committed, race)
  for (const [isolation, site] of sites.entries()) {
    const orders = isOrdered ? bothWays : bothWays.slice((index + isolation) % 2).slice(0, 1)
    const seen: string[] = []
    for (const order of orders) seen.push(await runOverlapping(site, race, order))
    if (index % freeEvery === 0) seen.push(await runFreely(site, race))
    const strange = seen.filter((outcome) => !outcomes.includes(outcome))
    const name = `${race.name}, under ${isolationLevels[isolation]}`
    if (strange.length > 0) t.same(strange, outcomes, name)
  }
  return isOrdered
}
