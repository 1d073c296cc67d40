import { parseArgs } from 'node:util'
import { auditCheckpointCommand } from './admin/audit-checkpoint.ts'
import { auditVerifyCommand } from './admin/audit-verify.ts'
import { type Command, type CommandOptions, UsageError } from './admin/command.ts'
import { issueRootKeyCommand } from './admin/issue-root-key.ts'
import { migrateCommand } from './admin/migrate.ts'
import { withDatabase } from './admin/reach-database.ts'
import { revokeCommand } from './admin/revoke.ts'
import { rotateTagKeyCommand } from './admin/rotate-tag-key.ts'
import { usageOf } from './admin/usage.ts'
import { explainFailure } from './process/explain-failure.ts'
import { loadSettings } from './settings/load-settings.ts'

const commands: Readonly<Record<string, Command>> = {
  'audit-checkpoint': auditCheckpointCommand,
  'audit-verify': auditVerifyCommand,
  'issue-root-key': issueRootKeyCommand,
  migrate: migrateCommand,
  revoke: revokeCommand,
  'rotate-tag-key': rotateTagKeyCommand,
}

const args = process.argv.slice(2)
const name = args.find((arg) => !arg.startsWith('-'))
const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined

try {
  await main()
} catch (error) {
  const isUsage = error instanceof UsageError
  const reason = explainFailure(error)
  if (args.includes('--json')) process.stderr.write(`${JSON.stringify({ error: reason })}\n`)
  else process.stderr.write(`${reason}\n${isUsage ? `\n${usageOf(commands, name)}` : ''}`)
  process.exitCode = isUsage ? 2 : 1
}

async function main(): Promise<void> {
  if (args.includes('--help')) {
    process.stdout.write(usageOf(commands, name))
    return
  }
  if (name === undefined) throw new UsageError('COMMAND is required.')
  if (command === undefined) throw new UsageError(`Unknown command: ${name}.`)
  const { argument, options, json } = readArguments(command)
  const settings = await loadSettings(process.env)
  const { DATABASE_OWNER_URL: ownerUrl } = settings.config
  const config =
    command.asOwner === true && ownerUrl !== undefined
      ? { ...settings.config, DATABASE_URL: ownerUrl }
      : settings.config
  const outcome = await withDatabase(config, (connection) =>
    command.run({ ...settings, connection, argument, options }),
  )
  process.stdout.write(`${json ? JSON.stringify(outcome.json) : outcome.text}\n`)
  process.exitCode = outcome.exitCode ?? 0
}

function readArguments(known: Command) {
  const { values, positionals } = parse(known)
  const [, argument, ...more] = positionals
  if (more.length > 0 || (argument !== undefined) !== (known.argument !== undefined)) {
    throw new UsageError(
      known.argument === undefined
        ? 'The command takes no argument.'
        : `The command requires exactly one ${known.argument}.`,
    )
  }
  const options: CommandOptions = Object.fromEntries(
    known.options.flatMap((option) => {
      const value = values[option.name]
      if (!Array.isArray(value)) return []
      if (value.length > 1 && option.repeats !== true) {
        throw new UsageError(`--${option.name} must not be repeated.`)
      }
      return [[option.name, value.map(String)]]
    }),
  )
  return { argument: argument ?? '', options, json: values.json === true }
}

function parse(known: Command) {
  const options: Record<string, { type: 'string' | 'boolean'; multiple: boolean }> = {
    json: { type: 'boolean', multiple: false },
  }
  for (const option of known.options) options[option.name] = { type: 'string', multiple: true }
  try {
    return parseArgs({ args, allowPositionals: true, options })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}
