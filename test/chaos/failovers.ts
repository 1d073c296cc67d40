import type { FailoverDatabase, Way } from './failover-database.ts'
import type { Random } from './random.ts'

/**
 * How a primary is lost, and which instances stay connected to it. A primary that is neither killed
 * nor cut off is deposed: it commits nothing, and answers reads for ever.
 */
export const failoverFaults = [
  'primary killed',
  'primary frozen and thawed',
  'primary deposed, all cut',
  'primary deposed, none cut',
  'primary deposed, some cut',
  'primary deposed, feeds cut',
  'primary deposed, pools cut',
  'primary deposed, one instance left with it',
  'primary deposed, connections lead to either',
] as const
export type FailoverFault = (typeof failoverFaults)[number]

export interface FailoverOptions {
  readonly database: FailoverDatabase
  readonly random: Random
  readonly leaseMs: number
  readonly pause: (ms: number) => Promise<void>
}

/** One failover, from a primary with its standby to the next primary with the next standby. */
export async function failOver(kind: FailoverFault, options: FailoverOptions): Promise<void> {
  const { database, random, leaseMs, pause } = options
  await database.inSync()
  const deposed = database.primary
  if (kind === 'primary killed') await deposed.kill()
  if (kind === 'primary frozen and thawed') await deposed.freeze()
  await pause(random.chance(0.5) ? 0 : random.between(0, 1.5 * leaseMs))
  await database.promote()

  const stays = staying(kind, options)
  for (const way of database.ways) {
    way.toServer.route = () => (stays.isNew(way) ? deposed : database.primary).socketPath
  }
  database.cut(deposed, ({ application }, way) => stays.isCut(way, application))
  await database.attachStandby()
  // Around the end of the leases from before the failover, of those after it, and of the failure
  // timeouts.
  await pause(random.between(0, 1.5 * leaseMs))
  await deposed.thaw()
  if (kind !== 'primary killed') await pause(random.between(0, 2.5 * leaseMs))
  for (const way of database.ways) way.toServer.route = () => database.primary.socketPath
  if (kind !== 'primary killed' && random.chance(0.5)) await pause(random.between(0, leaseMs))
  await database.discard(deposed)
}

/**
 * Whose connections break at the failover, and whose new ones lead to the deposed primary for a
 * while.
 */
interface Staying {
  readonly isCut: (way: Way, application: string) => boolean
  readonly isNew: (way: Way) => boolean
}

function staying(kind: FailoverFault, { database, random }: FailoverOptions): Staying {
  const isFeed = (application: string) => application === 'aeon-keys feed'
  const names = [...new Set(database.ways.map(({ instance }) => instance))]
  const [one, ...others] = random.shuffled(names)
  const never = () => false
  switch (kind) {
    case 'primary killed':
    case 'primary deposed, all cut':
      return { isCut: () => true, isNew: never }
    case 'primary frozen and thawed':
    case 'primary deposed, some cut': {
      const cut = new Set([one, ...others.filter(() => random.chance(0.4))])
      return { isCut: ({ instance }) => cut.has(instance), isNew: never }
    }
    case 'primary deposed, none cut':
      return { isCut: never, isNew: never }
    case 'primary deposed, feeds cut':
      return { isCut: (_, application) => isFeed(application), isNew: never }
    case 'primary deposed, pools cut':
      return { isCut: (_, application) => !isFeed(application), isNew: never }
    case 'primary deposed, one instance left with it':
      return {
        isCut: ({ instance }) => instance !== one,
        isNew: ({ instance }) => instance === one,
      }
    case 'primary deposed, connections lead to either':
      return { isCut: () => random.chance(0.5), isNew: () => random.chance(0.5) }
  }
}
