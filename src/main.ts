import closeWithGrace from 'close-with-grace'
import type { Logger } from 'pino'
import { type Config, readConfig } from './config.ts'
import { explainFailure } from './explain-failure.ts'
import { createLog } from './log.ts'
import { writeRootToken } from './root-token-file.ts'
import { createService, type Service } from './service.ts'

/** After the requests in flight: to write the use records and to stop a private PostgreSQL. */
const finishMs = 10_000

try {
  await main()
} catch (error) {
  process.stderr.write(`aeon-keys cannot start. ${explainFailure(error)}\n`)
  process.exit(1)
}

async function main(): Promise<void> {
  const config = readConfig(process.env)
  const log = createLog(config.LOG_LEVEL)
  const database = await reachDatabase(config, log)
  try {
    const service = await createService({
      config,
      log,
      connection: database.connection,
      ...rootTokenKeeper(config, database),
    })
    await listen(service, config, database, log)
    stopOnSignal(service, config, database, log)
  } catch (error) {
    await database.stop()
    throw error
  }
}

interface ReachedDatabase {
  readonly connection: Parameters<typeof createService>[0]['connection']
  readonly isEmbedded: boolean
  stop(): Promise<void>
}

async function reachDatabase(config: Config, log: Logger): Promise<ReachedDatabase> {
  if (config.DATABASE_URL !== undefined) {
    return { connection: config.DATABASE_URL, isEmbedded: false, stop: async () => undefined }
  }
  const { startEmbeddedPostgres } = await import('./embedded/postgres.ts')
  const embedded = await startEmbeddedPostgres({ dataDir: config.DATA_DIR, log })
  return { connection: embedded.connection, isEmbedded: true, stop: () => embedded.stop() }
}

/** Where a first start leaves the root token: in a file, or, on the private database only, on the terminal. */
function rootTokenKeeper(
  config: Config,
  database: ReachedDatabase,
): { keepRootToken?: (token: string) => Promise<void> } {
  const path = config.ROOT_TOKEN_FILE
  if (path !== undefined) {
    let isOurs = false
    return {
      keepRootToken: async (token) => {
        await writeRootToken(path, token, isOurs)
        isOurs = true
      },
    }
  }
  return database.isEmbedded ? { keepRootToken: async () => undefined } : {}
}

async function listen(
  service: Service,
  config: Config,
  database: ReachedDatabase,
  log: Logger,
): Promise<void> {
  let address: string | undefined
  try {
    address = await service.app.listen({ host: config.HOST, port: config.PORT })
  } catch (error) {
    await service.stop()
    throw error
  } finally {
    // Shown even when the port is taken: it cannot be shown again.
    announceFirstStart(service, config, database, address, log)
  }
}

function announceFirstStart(
  service: Service,
  config: Config,
  database: ReachedDatabase,
  address: string | undefined,
  log: Logger,
): void {
  if (!service.isFirstStart) return
  if (service.rootKey === undefined) {
    log.warn('no root key was made: run `npm run admin -- issue-root-key`, or set ROOT_TOKEN_FILE')
  } else if (config.ROOT_TOKEN_FILE !== undefined) {
    log.info({ file: config.ROOT_TOKEN_FILE }, 'the root token was written')
  } else if (database.isEmbedded) {
    process.stdout.write(welcome(address, service.rootKey.token))
  }
}

function welcome(address: string | undefined, token: string): string {
  const shown = `The root token may do everything, and is shown only now:\n\n  ${token}\n`
  if (address === undefined) return `\naeon-keys has made its database.\n\n${shown}\n`
  return `
aeon-keys is ready at ${address} (browse ${address}/docs)

${shown}
Try it:

  curl -s ${address}/v1/me -H 'Authorization: Bearer ${token}'

`
}

function stopOnSignal(
  service: Service,
  config: Config,
  database: ReachedDatabase,
  log: Logger,
): void {
  closeWithGrace(
    { delay: config.DRAIN_TIMEOUT_MS + finishMs, logger: false },
    async ({ signal, err }) => {
      if (err !== undefined) log.fatal({ err }, 'stopping after an error')
      else log.info({ signal }, 'stopping')
      await service.stop()
      await database.stop()
      log.info('stopped')
    },
  )
}
