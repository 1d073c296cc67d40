import type { ServerReport } from './probe.ts'
import type { Endpoint } from './server-address.ts'

export interface SearchOptions {
  readonly endpoints: readonly Endpoint[]
  readonly probe: (endpoint: Endpoint, signal: AbortSignal) => Promise<ServerReport>
  /** Why a server is not to be used; undefined: it is. */
  readonly refusalOf: (report: ServerReport) => string | undefined
  readonly withinMs: number
  /** How long a server that is to be used waits for the answers of the others. Default: 100. */
  readonly graceMs?: number | undefined
}

export interface Finding {
  readonly endpoint: Endpoint
  readonly report: ServerReport
}

export interface SearchResult {
  readonly found: readonly Finding[]
  /** Why each of the other servers is not used. */
  readonly causes: ReadonlyMap<Endpoint, unknown>
}

const askAgainAfterMs = 200

/**
 * Asks all servers at once which of them are to be used. While one says nothing, those that
 * answered are asked again, since one of them may be promoted meanwhile: a frozen primary delays
 * nobody. Ends when each has answered, shortly after the first that is to be used, or in time.
 */
export async function searchServers(options: SearchOptions): Promise<SearchResult> {
  const { endpoints, probe, refusalOf, withinMs, graceMs = 100 } = options
  const found: Finding[] = []
  const causes = new Map<Endpoint, unknown>()
  const over = new AbortController()
  const { signal } = over
  const end = () => over.abort()
  const timers = [setTimeout(end, withinMs)]
  await Promise.all(endpoints.map(askUntilFound))
  for (const timer of timers) clearTimeout(timer)
  return { found, causes }

  async function askUntilFound(endpoint: Endpoint): Promise<void> {
    while (!signal.aborted) {
      const cause = await askOnce(endpoint)
      if (signal.aborted && causes.has(endpoint)) return
      if (cause === undefined) causes.delete(endpoint)
      else causes.set(endpoint, cause)
      if (found.length + causes.size === endpoints.length) end()
      if (cause === undefined) return
      await pause(askAgainAfterMs, signal)
    }
  }

  async function askOnce(endpoint: Endpoint): Promise<unknown> {
    try {
      const report = await probe(endpoint, signal)
      const refusal = refusalOf(report)
      if (refusal !== undefined) return refusal
      found.push({ endpoint, report })
      timers.push(setTimeout(end, graceMs))
      return undefined
    } catch (error) {
      return error ?? 'failed'
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  signal.addEventListener('abort', () => {
    clearTimeout(timer)
    resolve()
  })
  return promise
}
