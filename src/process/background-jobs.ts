import { pruneIdempotentRequests } from '../acts/idempotency.ts'
import type { Deps } from '../deps.ts'
import { logHeads } from '../management/audit/log-heads.ts'
import { countExpiringKeys, sweepExpiries } from '../management/audit/sweep-expiries.ts'
import { fillNameSkeletons } from '../setup/fill-name-skeletons.ts'
import { pruneChanges } from '../store/changes.ts'
import { pruneDenials } from '../store/denials.ts'

/** Long enough to ask for any receipt again, with its id checked. */
const changesKeptMs = 7 * 24 * 60 * 60 * 1000
const denialsKeptMs = 30 * 24 * 60 * 60 * 1000
const pruneEveryMs = 10 * 60 * 1000
const sweepEveryMs = 30 * 1000

export interface BackgroundJobs {
  stop(): void
}

/** What an instance does by itself, regularly: what goes wrong is told in the log, and tried again the next time. */
export function startBackgroundJobs(deps: Deps, flushEveryMs: number): BackgroundJobs {
  const backgroundJobs = [
    every(flushEveryMs, () => flush(deps)),
    every(pruneEveryMs, () => prune(deps)),
    every(sweepEveryMs, () => sweep(deps)),
  ]
  return {
    stop: () => {
      for (const duty of backgroundJobs) clearInterval(duty)
    },
  }
}

/** Writes what was counted in memory. */
export async function flush(deps: Deps): Promise<void> {
  await orTell(deps, 'failed to write use records; retrying at the next flush', () =>
    deps.uses.flush(deps.db),
  )
  await orTell(deps, 'failed to write denials; retrying at the next flush', () =>
    deps.denials.flush(deps),
  )
}

/** Every instance does it: it is few statements, and mostly finds nothing. */
async function prune(deps: Deps): Promise<void> {
  const now = deps.now().getTime()
  await orTell(deps, 'failed to prune old changes', () =>
    pruneChanges(deps.db, new Date(now - changesKeptMs)),
  )
  await orTell(deps, 'failed to compare names of an earlier version', () =>
    fillNameSkeletons(deps.db),
  )
  await orTell(deps, 'failed to delete old idempotency keys', () => pruneIdempotentRequests(deps))
  await orTell(deps, 'failed to prune old denial counts', () =>
    pruneDenials(deps.db, new Date(now - denialsKeptMs)),
  )
}

/** Of several instances the one that comes first does it, but for the count, which is each one's own metric. */
async function sweep(deps: Deps): Promise<void> {
  await orTell(deps, 'failed to write expiry events to the audit log', () => sweepExpiries(deps))
  await orTell(deps, 'failed to log the head hashes of the audit log', () => logHeads(deps))
  await orTell(deps, 'failed to count the keys that expire soon', async () => {
    deps.expiring.within = await countExpiringKeys(deps)
  })
}

/** One that still runs is not begun again. */
function every(periodMs: number, duty: () => Promise<void>): NodeJS.Timeout {
  let isRunning = false
  const once = async () => {
    if (isRunning) return
    isRunning = true
    await duty()
    isRunning = false
  }
  return setInterval(() => void once(), periodMs).unref()
}

async function orTell(deps: Deps, words: string, act: () => Promise<unknown>): Promise<void> {
  try {
    await act()
  } catch (error) {
    deps.log.warn({ err: error }, words)
  }
}
