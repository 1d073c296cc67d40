import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Logger } from 'pino'
import { buildApp } from './app.ts'
import type { Moment } from './cache/lease.ts'
import type { Config } from './config.ts'
import type { Deps } from './deps.ts'
import { type Catalogue, readCatalogue } from './domain/permission.ts'
import builtInCatalogue from './domain/permissions.aeon.json' with { type: 'json' }
import { drain } from './drain.ts'
import type { App } from './http/app-type.ts'
import { bootstrap } from './keys/bootstrap.ts'
import { applyCatalogue } from './keys/catalogue.ts'
import { createSecretHasher, type SecretHasher } from './keys/hashing/hasher.ts'
import { noPeppers, type Peppers, readPeppers } from './keys/hashing/peppers.ts'
import { hashProfiles } from './keys/hashing/profile.ts'
import { registerPeppers } from './keys/hashing/register-peppers.ts'
import { WorkQueue } from './keys/hashing/work-queue.ts'
import type { RootKey } from './keys/root-key.ts'
import { pruneChanges } from './store/changes.ts'
import { type DatabaseOptions, type OpenDatabase, openDatabase } from './store/database.ts'
import { migrate, missingMigrations } from './store/migrate.ts'
import { createWorld } from './world.ts'

/** Long enough to ask for any receipt again, with its id checked. */
const changesKeptMs = 7 * 24 * 60 * 60 * 1000
const pruneEveryMs = 10 * 60 * 1000

export interface ServiceOptions {
  readonly config: Config
  readonly connection: DatabaseOptions['connection']
  readonly log: Logger
  /** See bootstrap. */
  readonly keepRootToken?: (token: string) => Promise<void>
  /** The wall clock; another one in tests. */
  readonly now?: () => Date
  /** The clocks of leases; others in tests. */
  readonly moment?: () => Moment
  readonly isolation?: DatabaseOptions['isolation']
}

export interface Service {
  readonly app: App
  readonly deps: Deps
  /** Made by this very start, on an empty database. */
  readonly rootKey: RootKey | undefined
  /** Whether this start found an empty database. */
  readonly isFirstStart: boolean
  /** Answers what is in flight, writes the use records, and lets go of the database. */
  stop(): Promise<void>
}

/** Makes a database ready and the service upon it, all but listening. */
export async function createService(options: ServiceOptions): Promise<Service> {
  const opened = openServiceDatabase(options)
  try {
    return await createOn(opened, options)
  } catch (error) {
    await opened.db.destroy()
    throw error
  }
}

/** The database as the settings say. */
export function openServiceDatabase(
  options: Pick<ServiceOptions, 'config' | 'connection' | 'log' | 'isolation'>,
): OpenDatabase {
  const { config, log } = options
  return openDatabase({
    connection: options.connection,
    poolMax: config.DATABASE_POOL_MAX,
    connectTimeoutMs: config.DATABASE_CONNECT_TIMEOUT_MS,
    statementTimeoutMs: config.DATABASE_STATEMENT_TIMEOUT_MS,
    onIdleError: (error) => log.warn({ err: error }, 'a database connection broke while idle'),
    ...(options.isolation !== undefined && { isolation: options.isolation }),
  })
}

/** The hasher as the settings say, its peppers held against those that the database knows. */
export async function createServiceHasher(
  config: Config,
  db: OpenDatabase['db'],
  now: () => Date,
): Promise<SecretHasher> {
  const peppers = await readPepperFile(config.PEPPER_FILE)
  await registerPeppers({ now, randomBytes }, db, peppers)
  return createSecretHasher({
    profile: hashProfiles[config.HASH_PROFILE],
    peppers,
    queue: new WorkQueue({
      concurrency: config.HASH_CONCURRENCY,
      maxWaiting: config.HASH_QUEUE_MAX,
    }),
    randomBytes,
  })
}

async function createOn({ db, pool }: OpenDatabase, options: ServiceOptions): Promise<Service> {
  const { config, log, now = () => new Date(), moment = realMoment } = options
  const catalogue = await readCatalogueFile(config.PERMISSIONS_FILE)
  await prepareSchema(db, config, log)
  const hasher = await createServiceHasher(config, db, now)
  const world = { now, randomBytes, hasher, tokenPrefix: config.TOKEN_PREFIX }
  const started = await bootstrap(world, db, {
    catalogue,
    ...(options.keepRootToken && { keepRootToken: options.keepRootToken }),
  })
  const { deps, instance, listener } = await createWorld({ ...options, db, world, moment })
  if (await applyCatalogue(deps, catalogue)) log.info('the catalogue of permissions was stored')
  await instance.start()
  listener?.start()

  let isDraining = false
  const app = await buildApp(deps, { pool, isDraining: () => isDraining })
  const flushing = flushRegularly(deps, config.USE_FLUSH_MS)
  const pruning = pruneRegularly(deps)
  return {
    app,
    deps,
    isFirstStart: started.first,
    rootKey: started.first ? started.rootKey : undefined,
    async stop() {
      isDraining = true
      await drain(app, config.DRAIN_TIMEOUT_MS)
      clearInterval(flushing)
      clearInterval(pruning)
      await listener?.stop()
      await instance.stop()
      await flush(deps)
      await db.destroy()
    },
  }
}

/** The clocks of this process. */
export function realMoment(): Moment {
  return { monotonic: performance.now(), wall: Date.now() }
}

async function prepareSchema(db: OpenDatabase['db'], config: Config, log: Logger): Promise<void> {
  if (config.MIGRATE === 'auto') {
    const migrations = await migrate(db)
    if (migrations.length > 0) log.info({ migrations }, 'the schema was brought up to date')
    return
  }
  const missing = await missingMigrations(db)
  if (missing.length === 0) return
  throw new Error(`The schema lacks ${missing.join(', ')}, and MIGRATE is off.`)
}

function flushRegularly(deps: Deps, everyMs: number): NodeJS.Timeout {
  return setInterval(() => void flush(deps), everyMs).unref()
}

/** Every instance does it: it is one statement, and mostly finds nothing. */
function pruneRegularly(deps: Deps): NodeJS.Timeout {
  const prune = () => pruneChanges(deps.db, new Date(deps.now().getTime() - changesKeptMs))
  const pruneOrTell = () =>
    prune().catch((error: unknown) => deps.log.warn({ err: error }, 'old changes were not pruned'))
  return setInterval(pruneOrTell, pruneEveryMs).unref()
}

async function flush(deps: Deps): Promise<void> {
  try {
    await deps.uses.flush(deps.db)
  } catch (error) {
    deps.log.warn(
      { err: error },
      'use records could not be written; they are kept for the next time',
    )
  }
}

async function readCatalogueFile(path: string | undefined): Promise<Catalogue> {
  if (path === undefined) return readCatalogue(builtInCatalogue)
  try {
    return readCatalogue(JSON.parse(await readFile(path, 'utf8')))
  } catch (error) {
    throw new Error(`PERMISSIONS_FILE ${path}: ${messageOf(error)}`)
  }
}

async function readPepperFile(path: string | undefined): Promise<Peppers> {
  if (path === undefined) return noPeppers
  try {
    return readPeppers(await readFile(path, 'utf8'))
  } catch (error) {
    throw new Error(`PEPPER_FILE ${path}: ${messageOf(error)}`)
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
