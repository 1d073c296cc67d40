import { parseArgs } from 'node:util'
import type { Command } from './admin/command.ts'
import { issueRootKeyCommand } from './admin/issue-root-key.ts'
import { migrateCommand } from './admin/migrate.ts'
import { withDatabase } from './admin/reach-database.ts'
import { rotateTagKeyCommand } from './admin/rotate-tag-key.ts'
import { explainFailure } from './explain-failure.ts'
import { readSettings } from './settings.ts'

const commands: Readonly<Record<string, Command>> = {
  'issue-root-key': issueRootKeyCommand,
  migrate: migrateCommand,
  'rotate-tag-key': rotateTagKeyCommand,
}

const usage = `Usage: npm run admin -- COMMAND [OPTION...]

For whoever has the database: it is found by DATABASE_URL, or in DATA_DIR.

Commands:
  issue-root-key   Issue a key of the platform account that may do everything, and print its token.
  migrate          Bring the schema up to this version, for instances that run with MIGRATE=off.
  rotate-tag-key   Let a new tag key sign new tokens, once every instance knows it.

Options:
  --file PATH      issue-root-key: write the token to this new file instead of printing it.
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
  const { name, options, help } = readArguments(args)
  if (help) {
    process.stdout.write(usage)
    return
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined) {
    throw new UsageError(name === '' ? 'Name a command.' : `There is no command ${name}.`)
  }
  const settings = await readSettings(process.env)
  const told = await withDatabase(settings.config, (connection) =>
    command({ ...settings, connection, options }),
  )
  process.stdout.write(`${told}\n`)
}

function readArguments(args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { file: { type: 'string' }, help: { type: 'boolean', default: false } },
    })
    if (positionals.length > 1) throw new Error('Name one command.')
    return { name: positionals[0] ?? '', options: { file: values.file }, help: values.help }
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}
