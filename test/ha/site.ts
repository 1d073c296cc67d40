import { Client, type ClientConfig } from 'pg'
import type { Settings } from '../helpers/process.ts'

/** A database that is about to fail over, and the way of the instances to it. */
export interface Site {
  /** How the instances reach the database. */
  readonly settings: Settings
  /** The servers of which one takes over. */
  successors(): readonly ClientConfig[]
  /** The order to fail. Resolves when all that belongs to the failure has happened. */
  fail(): Promise<void>
  /** The end of what each server of the site has logged of its role. */
  logs(): readonly string[]
  stop(): Promise<void>
}

const askEveryMs = 100
/**
 * The session of a commit that waits for a standby outlives its client. Asked more often, a new
 * primary runs out of sessions before its first standby is there.
 */
const answerWithinMs = 10_000

/**
 * When one of the servers accepts writes, in milliseconds from now; undefined if none does before
 * the signal.
 */
export async function acceptanceOf(
  servers: readonly ClientConfig[],
  signal: AbortSignal,
): Promise<number | undefined> {
  const beganAt = performance.now()
  const over = new AbortController()
  const ending = AbortSignal.any([signal, over.signal])
  const accepted = await Promise.any(servers.map((server) => untilAccepted(server, ending))).catch(
    () => undefined,
  )
  over.abort()
  return accepted === undefined ? undefined : accepted - beganAt
}

/** The moment at which a server has accepted a write. Rejects when the signal comes first. */
async function untilAccepted(server: ClientConfig, signal: AbortSignal): Promise<number> {
  while (!signal.aborted) {
    if (await acceptsWrites(server)) return performance.now()
    await new Promise((resolve) => setTimeout(resolve, askEveryMs))
  }
  throw new Error('No write was accepted.')
}

/** Whether a server commits: it is the primary, and has the standby that it needs. */
async function acceptsWrites(server: ClientConfig): Promise<boolean> {
  const client = new Client({
    ...server,
    application_name: 'a test',
    connectionTimeoutMillis: answerWithinMs,
    query_timeout: answerWithinMs,
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('select from revision for key share')
    return true
  } catch {
    return false
  } finally {
    client.end().catch(() => undefined)
  }
}
