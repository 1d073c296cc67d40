import { pruneIdempotentRequests } from '../acts/idempotency.ts'
import { logHeads } from '../management/audit/log-heads.ts'
import { countExpiringKeys, sweepExpiries } from '../management/audit/sweep-expiries.ts'
import { fillNameSkeletons } from '../setup/fill-name-skeletons.ts'
import { fillSearchWords } from '../setup/fill-search-words.ts'
import { pruneChanges } from '../store/changes.ts'
import { pruneDenials } from '../store/denials.ts'
import { pruneInvitations } from '../store/invitations.ts'
import { pruneLogoutTokens } from '../store/logout-tokens.ts'
import { pruneSessions } from '../store/sessions.ts'
import { type BufferDeps, buffersOf } from './buffers.ts'

/** Long enough to repeat the query for any receipt, with its id checked. */
const changesKeptMs = 7 * 24 * 60 * 60 * 1000
/** As long as the receipt of its end may be asked for. */
const sessionsKeptMs = changesKeptMs
/** Long enough to send an expired one again. */
const invitationsKeptMs = 30 * 24 * 60 * 60 * 1000
/** A token counts once also where the clock is behind. */
const logoutTokensKeptMs = 24 * 60 * 60 * 1000
const denialsKeptMs = 30 * 24 * 60 * 60 * 1000
const pruneEveryMs = 10 * 60 * 1000
const sweepEveryMs = 30 * 1000
const checkEveryMs = 5_000

interface BackgroundDeps extends BufferDeps {
  readonly expiring: { within: ReadonlyMap<number, number> }
}

export interface BackgroundJobs {
  stop(): void
}

export interface BackgroundOptions {
  readonly flushEveryMs: number
  /** Checks whether the database is fit; while it is not, the pools lend no connection. */
  readonly checkFitness: () => Promise<void>
  /** How often; a test looks more often, or never. */
  readonly checkEveryMs?: number | undefined
}

/**
 * Starts the periodic jobs of an instance. A failure is logged, and the job runs again at its next
 * time.
 */
export function startBackgroundJobs(
  deps: BackgroundDeps,
  options: BackgroundOptions,
): BackgroundJobs {
  const backgroundJobs = [
    every(options.checkEveryMs ?? checkEveryMs, options.checkFitness),
    every(options.flushEveryMs, () => flush(deps)),
    every(pruneEveryMs, () => prune(deps)),
    every(sweepEveryMs, () => sweep(deps)),
  ]
  return {
    stop: () => {
      for (const job of backgroundJobs) clearInterval(job)
    },
  }
}

/** Writes what is counted in memory. What fails stays there for the next flush. */
export async function flush(deps: BufferDeps): Promise<void> {
  for (const buffer of buffersOf(deps).flat()) {
    await orLog(deps, `failed to flush ${buffer.name}; retrying at the next flush`, () =>
      buffer.flush(),
    )
  }
}

/** Every instance prunes: it takes few statements, most of which find nothing. */
async function prune(deps: BackgroundDeps): Promise<void> {
  const now = deps.now().getTime()
  await orLog(deps, 'failed to prune old changes', () =>
    pruneChanges(deps.db, new Date(now - changesKeptMs)),
  )
  await orLog(deps, 'failed to compare names of an earlier version', () =>
    fillNameSkeletons(deps.db),
  )
  await orLog(deps, 'failed to store the words of keys of an earlier version', () =>
    fillSearchWords(deps.db),
  )
  await orLog(deps, 'failed to delete old idempotency keys', () => pruneIdempotentRequests(deps))
  await orLog(deps, 'failed to prune expired sessions', () =>
    pruneSessions(deps.db, new Date(now - sessionsKeptMs)),
  )
  await orLog(deps, 'failed to prune expired logout tokens', () =>
    pruneLogoutTokens(deps.db, new Date(now - logoutTokensKeptMs)),
  )
  await orLog(deps, 'failed to prune old invitations', () =>
    pruneInvitations(deps.db, new Date(now - invitationsKeptMs)),
  )
  await orLog(deps, 'failed to prune old denial counts', () =>
    pruneDenials(deps.db, new Date(now - denialsKeptMs)),
  )
}

/**
 * One instance sweeps for all, except for the count of expiring keys, which is a metric of each
 * instance.
 */
async function sweep(deps: BackgroundDeps): Promise<void> {
  await orLog(deps, 'failed to write expiry events to the audit log', () => sweepExpiries(deps))
  await orLog(deps, 'failed to log the head hashes of the audit log', () => logHeads(deps))
  await orLog(deps, 'failed to count the keys that expire soon', async () => {
    deps.expiring.within = await countExpiringKeys(deps)
  })
}

/** A job that still runs is not started again. */
function every(periodMs: number, job: () => Promise<void>): NodeJS.Timeout {
  let isRunning = false
  const once = async () => {
    if (isRunning) return
    isRunning = true
    await job()
    isRunning = false
  }
  return setInterval(() => void once(), periodMs).unref()
}

async function orLog(
  { log }: Pick<BufferDeps, 'log'>,
  message: string,
  act: () => Promise<unknown>,
): Promise<void> {
  try {
    await act()
  } catch (error) {
    log.warn({ err: error }, message)
  }
}
