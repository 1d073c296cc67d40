import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { type Config, readConfig } from './config.ts'
import { explainFailure } from './explain-failure.ts'
import { issueRootKey } from './keys/issue-root-key.ts'
import { createLog } from './log.ts'
import { writeRootToken } from './root-token-file.ts'
import { createServiceHasher, openServiceDatabase } from './service.ts'
import { missingMigrations } from './store/migrate.ts'

const usage = `Usage: npm run admin -- COMMAND [OPTION...]

For whoever has the database: it is found by DATABASE_URL, or in DATA_DIR.

Commands:
  issue-root-key   Issue a key of the platform account that may do everything, and print its token.

Options:
  --file PATH      Write the token to this new file instead of printing it.
  --help           Print this.
`

class UsageError extends Error {}

try {
  await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(
    `${explainFailure(error)}\n${error instanceof UsageError ? `\n${usage}` : ''}`,
  )
  process.exitCode = error instanceof UsageError ? 2 : 1
}

async function main(args: readonly string[]): Promise<void> {
  const { command, file, help } = readArguments(args)
  if (help) {
    process.stdout.write(usage)
    return
  }
  if (command !== 'issue-root-key') throw new UsageError('Name a command.')
  const config = readConfig(process.env)
  await withDatabase(config, (connection) => printRootKey(config, connection, file))
}

function readArguments(args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { file: { type: 'string' }, help: { type: 'boolean', default: false } },
    })
    if (positionals.length > 1) throw new Error('Name one command.')
    return { command: positionals[0], file: values.file, help: values.help }
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

type Connection = Parameters<typeof openServiceDatabase>[0]['connection']

/** The database of the settings; the private one is started if no service runs on it. */
async function withDatabase(
  config: Config,
  act: (connection: Connection) => Promise<void>,
): Promise<void> {
  if (config.DATABASE_URL !== undefined) return act(config.DATABASE_URL)
  const { findRunningEmbeddedPostgres, startEmbeddedPostgres } = await import(
    './embedded/postgres.ts'
  )
  const running = await findRunningEmbeddedPostgres(config.DATA_DIR)
  if (running !== undefined) return act(running)
  const log = createLog('warn')
  const embedded = await startEmbeddedPostgres({ dataDir: config.DATA_DIR, log })
  try {
    await act(embedded.connection)
  } finally {
    await embedded.stop()
  }
}

async function printRootKey(
  config: Config,
  connection: Connection,
  file: string | undefined,
): Promise<void> {
  const { db } = openServiceDatabase({ config, connection, log: createLog('warn') })
  try {
    if ((await missingMigrations(db)).length > 0) {
      throw new Error('This version has never been started on this database: start it first.')
    }
    const now = () => new Date()
    const hasher = await createServiceHasher(config, db, now)
    const keep = file === undefined ? undefined : (token: string) => writeRootToken(file, token)
    const world = { now, randomBytes, hasher, tokenPrefix: config.TOKEN_PREFIX }
    const rootKey = await issueRootKey(world, db, keep)
    process.stdout.write(
      file === undefined ? `${rootKey.token}\n` : `The token of ${rootKey.name} is in ${file}.\n`,
    )
  } finally {
    await db.destroy()
  }
}
