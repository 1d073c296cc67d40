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
const answerWithinMs = 1_000

/**
 * When one of the servers accepts writes, in milliseconds from now; undefined if none does before
 * the signal.
 */
export async function acceptanceOf(
  servers: readonly ClientConfig[],
  signal: AbortSignal,
): Promise<number | undefined> {
  const beganAt = performance.now()
  while (!signal.aborted) {
    const accept = await Promise.all(servers.map(acceptsWrites))
    if (accept.includes(true)) return performance.now() - beganAt
    await new Promise((resolve) => setTimeout(resolve, askEveryMs))
  }
  return undefined
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
