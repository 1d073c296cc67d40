import type { Test } from 'tap'
import { Pacing } from '../../src/http/pacing/pacing.ts'
import { createLog } from '../../src/process/log.ts'
import { createService, type Service, type ServiceOptions } from '../../src/process/service.ts'
import { loadSettings } from '../../src/settings/load-settings.ts'
import { type Api, createApi } from './api.ts'
import { Canaries } from './canaries.ts'
import { createTestDatabase, type TestDatabase } from './database.ts'
import { hasherPlaces } from './occupy-hasher.ts'

export interface TestService {
  readonly service: Service
  readonly database: TestDatabase
  readonly canaries: Canaries
  /** Calls as the root key, by inject. */
  readonly root: Api
  readonly rootToken: string
  /** Calls with another token, or without one. */
  as(token: string | undefined): Api
  /** The lines of the log so far. */
  readonly logLines: readonly string[]
  /** The wall clock of the service; a test may move it. */
  readonly clock: { offsetMs: number }
  /**
   * How far the clocks of the service's leases are ahead of the real ones; a test may move each.
   */
  readonly moment: { monotonicMs: number; wallMs: number }
  /** Stops the service before the end of the test. */
  stop(): Promise<void>
}

export interface TestServiceOptions {
  /** Settings by their environment variables. */
  readonly settings?: Readonly<Record<string, string>>
  readonly database?: TestDatabase
  readonly isolation?: ServiceOptions['isolation']
  readonly metricsIntervalMs?: number
  readonly pacing?: Pacing
  readonly checkEveryMs?: number
  /** On a database that another service has started on: the root token of that service. */
  readonly rootToken?: string
}

/**
 * A service on a database of its own, by inject, or listening if the test calls
 * `service.app.listen`. At the end of the test the service is stopped, and the test fails if a
 * secret has leaked.
 */
export async function startTestService(
  t: Test,
  options: TestServiceOptions = {},
): Promise<TestService> {
  const database = options.database ?? (await createTestDatabase())
  const canaries = new Canaries()
  const clock = { offsetMs: 0 }
  const moment = { monotonicMs: 0, wallMs: 0 }
  const logLines: string[] = []
  const { config, files } = await loadSettings({
    LOG_LEVEL: 'debug',
    USE_FLUSH_MS: '600000',
    HASH_CONCURRENCY: String(hasherPlaces),
    // The arrays of the cache are made for this many: for the default that takes 35 ms.
    CACHE_MAX_KEYS: '10000',
    // A test that delays hashing on purpose must not run into this limit.
    HASH_WAIT_MAX_MS: '60000',
    // On a busy machine both may take longer than callers should wait.
    DATABASE_CONNECT_TIMEOUT_MS: '60000',
    DATABASE_STATEMENT_TIMEOUT_MS: '60000',
    DATABASE_LONG_READ_TIMEOUT_MS: '60000',
    ...options.settings,
  })
  let rootToken = options.rootToken ?? ''
  const service = await createService({
    config,
    files,
    connection: database.url,
    log: createLog(config.LOG_LEVEL, {
      write: (line: string) => {
        logLines.push(line)
        canaries.addText(line)
      },
    }),
    keepRootToken: async (token) => {
      rootToken = token
      canaries.addToken(token)
    },
    // A test counts what it has just done.
    metricsIntervalMs: options.metricsIntervalMs ?? 0,
    // A test makes more mistakes than a client.
    pacing: options.pacing ?? new Pacing({ burstMs: Number.POSITIVE_INFINITY }),
    now: () => new Date(Date.now() + clock.offsetMs),
    moment: () => ({
      monotonic: performance.now() + moment.monotonicMs,
      wall: Date.now() + moment.wallMs,
    }),
    // A test that counts statements counts its own.
    checkEveryMs: options.checkEveryMs ?? 600_000,
    ...(options.isolation !== undefined && { isolation: options.isolation }),
  })
  const as = (token: string | undefined) => createApi(service.app, canaries, token)
  let stopping: Promise<void> | undefined
  const stop = () => {
    stopping ??= stopService(service, canaries)
    return stopping
  }
  t.teardown(async () => {
    await stop()
    await canaries.check(database.url)
    if (options.database === undefined) await database.drop()
  })
  return {
    service,
    database,
    canaries,
    rootToken,
    root: as(rootToken),
    as,
    logLines,
    clock,
    moment,
    stop,
  }
}

async function stopService(service: Service, canaries: Canaries): Promise<void> {
  canaries.addText((await service.app.inject('/metrics')).body)
  await service.stop()
}
