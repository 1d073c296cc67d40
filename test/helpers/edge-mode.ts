import type { Test } from 'tap'
import { buildEdgeApp } from '../../src/edge-app.ts'
import { EdgeVerdicts } from '../../src/edge-mode/edge-verdicts.ts'
import { parseApiSettings } from '../../src/http/api-settings.ts'
import type { App } from '../../src/http/app-type.ts'
import { Pacing } from '../../src/http/pacing/pacing.ts'
import { createLog } from '../../src/process/log.ts'
import { parseConfig } from '../../src/settings/config.ts'
import { type Api, createApi } from './api.ts'
import type { EdgeSite } from './edge-sites.ts'
import { until } from './until.ts'

export interface StartedEdge {
  readonly app: App
  readonly verdicts: EdgeVerdicts
  /** Calls the edge, by inject. */
  as(token: string | undefined): Api
}

export interface EdgeModeOptions {
  readonly settings?: Readonly<Record<string, string>>
  readonly pacing?: Pacing
  readonly timeoutMs?: number
  readonly url?: string
  /** Whether the edge is to hold a lease first. Default: true. */
  readonly isAwaited?: boolean
}

/** An edge of a site, in this process. */
export async function startEdgeMode(
  t: Test,
  site: EdgeSite,
  options: EdgeModeOptions = {},
): Promise<StartedEdge> {
  const edgeOf = options.url ?? site.address
  const config = parseConfig({ EDGE_OF: edgeOf, EDGE_TOKEN_FILE: 'unread', ...options.settings })
  const { canaries } = site.started
  const verdicts = new EdgeVerdicts({
    url: edgeOf,
    token: site.verifier.token,
    maxKeys: 1_000,
    timeoutMs: options.timeoutMs ?? 60_000,
    onAttached: () => undefined,
    onDetached: () => undefined,
  })
  t.teardown(() => verdicts.close())
  const app = await buildEdgeApp(verdicts, {
    log: createLog('debug', { write: (line: string) => canaries.addText(line) }),
    edgeOf,
    apis: parseApiSettings(config),
    isDraining: () => false,
    pacing: options.pacing ?? new Pacing({ burstMs: Number.POSITIVE_INFINITY }),
    metricsIntervalMs: 0,
  })
  t.teardown(() => app.close())
  if (options.isAwaited !== false) await until(() => verdicts.leaseRemainingMs > 0)
  return { app, verdicts, as: (token) => createApi(app, canaries, token) }
}
