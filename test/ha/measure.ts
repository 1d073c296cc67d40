import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createProcesses } from '../helpers/process.ts'
import { until } from '../helpers/until.ts'
import { Load, type LoadFigures } from './load.ts'
import type { Row } from './rows.ts'
import { acceptanceOf } from './site.ts'

export interface Figures extends LoadFigures {
  /** When a server accepted writes again. */
  readonly acceptedAt: number | undefined
  /** Acknowledged acts that the database does not have at the end. */
  readonly lost: readonly string[]
}

/** The default of MAX_STALENESS_MS, of which nine tenths are a lease. */
const leaseMs = 27_000
const beforeMs = 8_000
/** The defaults of the service, which other tests raise: acts that wait longer get 503. */
const timeouts = { DATABASE_CONNECT_TIMEOUT_MS: '2000', DATABASE_STATEMENT_TIMEOUT_MS: '5000' }
const longestMs = 150_000

/** Runs one failover under load, from the start of its servers to their end. */
export async function measure(row: Row, print: (line: string) => void): Promise<Figures> {
  const processes = await createProcesses()
  const { folder } = processes
  try {
    print('starts')
    const site = await row.start(folder)
    try {
      const rootTokenFile = join(folder, 'root-token')
      const settings = {
        ...site.settings,
        ...timeouts,
        ROOT_TOKEN_FILE: rootTokenFile,
        LOG_LEVEL: 'info',
      }
      const instances = [
        await processes.start({ settings }),
        await processes.start({ settings: { ...settings } }),
      ]
      const token = (await readFile(rootTokenFile, 'utf8')).trim()
      processes.canaries.addToken(token)
      const urls = await Promise.all(instances.map(({ listening }) => listening))
      const load = await Load.prepare(urls.map((url) => processes.api(url, token)))
      load.start()
      await sleep(beforeMs)
      print('fails')
      const over = AbortSignal.timeout(longestMs)
      load.mark()
      const accepting = acceptanceOf(site.successors(), over)
      const failing = site.fail()
      const isWell = (from: number) => {
        const { cold, revocations, completeReceiptAt } = load.figures(from)
        return [cold.goodAgainAt, revocations.goodAgainAt, completeReceiptAt].every(
          (at) => at !== undefined,
        )
      }
      const acceptedAt = await accepting
      print(`a server accepts writes after ${acceptedAt?.toFixed(0)} ms`)
      await failing
      const from = acceptedAt ?? 0
      // What stays with a deposed primary shows only when its lease has ended.
      await sleep(leaseMs)
      const well = until('all is well', () => isWell(from), longestMs)
      await well.catch((error: unknown) => print(String(error)))
      const figures = load.figures(from)
      // Who held the lock, and when, says why.
      const explain = () => site.logs().forEach(print)
      const lost = await load.end().catch((error: unknown) => {
        explain()
        throw error
      })
      if (lost.length > 0) explain()
      for (const instance of instances) await instance.stop()
      return { ...figures, acceptedAt, lost }
    } finally {
      await site.stop()
    }
  } finally {
    await processes.end()
  }
}

/** What must not happen, whatever the failure. */
export function faultsOf({ hot, lost, wrong, acceptedAt }: Figures): readonly string[] {
  const faults = [...wrong, ...lost.map((act) => `${act} is lost`)]
  if (acceptedAt === undefined) faults.push('no server took over')
  // With a second for the cycle that gave the last lease.
  else if (hot.failures > 0 && acceptedAt < leaseMs - 1_000) {
    faults.push(`${hot.failures} verifications of known keys failed, within the lease`)
  }
  return faults
}
