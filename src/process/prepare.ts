import { randomBytes } from 'node:crypto'
import type { Logger } from 'pino'
import { currentAccount } from '../account-context.ts'
import type { Catalogue } from '../domain/permission.ts'
import type { SettingsFiles } from '../settings/load-settings.ts'
import type { Config } from '../settings/settings-schema.ts'
import { bootstrap } from '../setup/bootstrap.ts'
import { checkAuditKeys } from '../setup/check-audit-keys.ts'
import { fillNameSkeletons } from '../setup/fill-name-skeletons.ts'
import { fillSearchWords } from '../setup/fill-search-words.ts'
import { registerPeppers } from '../setup/register-peppers.ts'
import type { RootKey, RootKeyDeps } from '../setup/root-key.ts'
import type { Database, DatabaseOptions } from '../store/database.ts'
import { requireReadCommitted } from '../store/isolation-probe.ts'
import { loadProduct } from '../store/load-product.ts'
import { loadSchemaState, migrate } from '../store/migrate.ts'
import { requireSchema } from '../store/relied-on.ts'
import { openServiceDatabase, type ServiceDatabase } from '../store/service-database.ts'
import { createSecretHasher, type SecretHasher } from '../verification/hashing/hasher.ts'
import type { Peppers } from '../verification/hashing/peppers.ts'
import { hashProfiles } from '../verification/hashing/profile.ts'
import { WorkQueue } from '../verification/hashing/work-queue.ts'

/** Batches of 500 names each: the rest of a larger database is processed while the service runs. */
const batchesAtStart = 4

export interface PrepareOptions {
  readonly config: Config
  readonly files: SettingsFiles
  readonly connection: DatabaseOptions['connection']
  readonly log: Logger
  /** See bootstrap. */
  readonly keepRootToken?: (token: string) => Promise<void>
  /** See bootstrap. */
  readonly issuesSignInLink?: boolean
  /** Throws if the start is to be abandoned; called before anything is issued. */
  readonly throwIfStopping?: () => void
  /** The wall clock; a test passes another one. */
  readonly now?: () => Date
  readonly isolation?: DatabaseOptions['isolation']
}

/** What the planes need of this process besides the database. */
export type Externals = RootKeyDeps & { readonly hasher: SecretHasher }

export interface PreparedDatabase extends ServiceDatabase {
  readonly externals: Externals
  /** The catalogue of permissions that this process was started with. */
  readonly catalogue: Catalogue
  /** Whether a later version has migrated the database. */
  readonly isSchemaNewer: boolean
  /** Whether this start found an empty database. */
  readonly isFirstStart: boolean
  /** The root key, if this very start issued it on an empty database. */
  readonly rootKey: RootKey | undefined
}

/**
 * Opens the database and prepares it: its schema, its peppers and, on a first start, its initial
 * content.
 */
export async function prepareDatabase(options: PrepareOptions): Promise<PreparedDatabase> {
  const opened = openConfiguredDatabase(options)
  try {
    return await prepareOpened(opened, options)
  } catch (error) {
    await opened.close()
    throw error
  }
}

/** Opens the database as the settings say. */
export function openConfiguredDatabase(
  options: Pick<PrepareOptions, 'config' | 'connection' | 'log' | 'isolation'>,
): ServiceDatabase {
  const { config, log } = options
  return openServiceDatabase({
    connection: options.connection,
    poolMax: config.DATABASE_POOL_MAX,
    connectTimeoutMs: config.DATABASE_CONNECT_TIMEOUT_MS,
    statementTimeoutMs: config.DATABASE_STATEMENT_TIMEOUT_MS,
    longReadTimeoutMs: config.DATABASE_LONG_READ_TIMEOUT_MS,
    maxWaiting: config.DATABASE_QUEUE_MAX,
    accountOf: currentAccount,
    log,
    onIdleError: (error) => log.warn({ err: error }, 'an idle database connection was lost'),
    ...(options.isolation !== undefined && { isolation: options.isolation }),
  })
}

/**
 * Creates the hasher as the settings say, after its peppers are checked against those that the
 * database knows.
 */
export async function createServiceHasher(
  config: Config,
  peppers: Peppers,
  db: Database,
  now: () => Date,
): Promise<SecretHasher> {
  await registerPeppers({ now, randomBytes }, db, peppers)
  return createSecretHasher({
    profile: hashProfiles[config.HASH_PROFILE],
    peppers,
    queue: new WorkQueue({
      concurrency: config.HASH_CONCURRENCY,
      maxWaiting: config.HASH_QUEUE_MAX,
      maxWaitMs: config.HASH_WAIT_MAX_MS,
    }),
    randomBytes,
  })
}

/**
 * What the use cases need besides the database. Throws an Error when the configured audit keys are
 * not those of the database's audit log.
 */
export async function externalsOf(
  { config, files }: Pick<PrepareOptions, 'config' | 'files'>,
  db: Database,
  hasher: SecretHasher,
  now: () => Date,
): Promise<Externals> {
  const { TOKEN_PREFIX: tokenPrefix } = config
  const { auditKeys } = files
  await checkAuditKeys({ db, auditKeys })
  return { now, randomBytes, hasher, tokenPrefix, auditKeys }
}

async function prepareOpened(
  opened: ServiceDatabase,
  options: PrepareOptions,
): Promise<PreparedDatabase> {
  const { config, files, log, now = () => new Date() } = options
  const { db } = opened
  const isSchemaNewer = await prepareSchema(db, config, log)
  await checkProduct(opened, log)
  options.throwIfStopping?.()
  const hasher = await createServiceHasher(config, files.peppers, db, now)
  const externals = await externalsOf(options, db, hasher, now)
  const started = await bootstrap(externals, db, {
    catalogue: files.catalogue,
    ...(options.keepRootToken && { keepRootToken: options.keepRootToken }),
    issuesSignInLink: options.issuesSignInLink === true,
  })
  await fillSearchWords(db, batchesAtStart)
  const alike = await fillNameSkeletons(db, batchesAtStart)
  if (alike > 0) {
    log.warn(
      { names: alike },
      'names of roles, allow lists or keys look like other names of their account',
    )
  }
  return {
    ...opened,
    externals,
    catalogue: files.catalogue,
    isSchemaNewer,
    isFirstStart: started.first,
    rootKey: started.first ? started.rootKey : undefined,
  }
}

/** Throws an Error unless the isolation level of the database is what it says. */
async function checkProduct(
  { db, verificationDb: otherDb }: ServiceDatabase,
  log: Logger,
): Promise<void> {
  const product = await loadProduct(db)
  if (product.name === 'YugabyteDB') {
    log.warn(
      { database: product },
      'aeon-keys was written for YugabyteDB, and not yet run on it: see docs/operations.md',
    )
  }
  await requireReadCommitted({ db, otherDb, product }, (message) => log.warn(message))
}

/**
 * Migrates the schema, if the settings allow it. Returns whether the schema is of a later version
 * than this one.
 */
async function prepareSchema(db: Database, config: Config, log: Logger): Promise<boolean> {
  const migrations = config.MIGRATE === 'auto' ? await migrate(db) : []
  if (migrations.length > 0) log.info({ migrations }, 'migrated the schema')
  const { missing, unknown } = await loadSchemaState(db)
  if (missing.length > 0) {
    throw new Error(
      `The schema lacks ${missing.join(', ')}, and MIGRATE is off: ` +
        'run `npm run admin -- migrate` as the database user that owns the tables.',
    )
  }
  await requireSchema(db)
  if (unknown.length === 0) return false
  log.warn({ migrations: unknown }, 'the schema is newer than this version; left unchanged')
  return true
}
