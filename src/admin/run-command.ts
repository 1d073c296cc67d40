import { parseArgs } from 'node:util'
import { explainFailure } from '../process/explain-failure.ts'
import { loadSettings } from '../settings/load-settings.ts'
import { auditCheckpointCommand } from './audit-checkpoint.ts'
import { auditVerifyCommand } from './audit-verify.ts'
import { type Command, type CommandOptions, UsageError } from './command.ts'
import { issueRootKeyCommand } from './issue-root-key.ts'
import { migrateCommand } from './migrate.ts'
import { withDatabase } from './reach-database.ts'
import { revokeCommand } from './revoke.ts'
import { rotateTagKeyCommand } from './rotate-tag-key.ts'
import { signInLinkCommand } from './sign-in-link.ts'
import { usageOf } from './usage.ts'

/** Where a command writes: the two streams of its process. */
export interface Output {
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown }
}

type Environment = Readonly<Record<string, string | undefined>>

/** Runs the operator command that the arguments name, and resolves with its exit code. */
export async function runCommand(
  args: readonly string[],
  env: Environment,
  { stdout, stderr }: Output,
): Promise<number> {
  const name = args.find((arg) => !arg.startsWith('-'))
  try {
    if (args.includes('--help')) {
      stdout.write(usageOf(commands, name))
      return 0
    }
    const { outcome, json } = await outcomeOf(name, args, env)
    stdout.write(`${json ? JSON.stringify(outcome.json) : outcome.text}\n`)
    return outcome.exitCode ?? 0
  } catch (error) {
    const isUsage = error instanceof UsageError
    const reason = explainFailure(error)
    if (args.includes('--json')) stderr.write(`${JSON.stringify({ error: reason })}\n`)
    else stderr.write(`${reason}\n${isUsage ? `\n${usageOf(commands, name)}` : ''}`)
    return isUsage ? 2 : 1
  }
}

const commands: Readonly<Record<string, Command>> = {
  'audit-checkpoint': auditCheckpointCommand,
  'audit-verify': auditVerifyCommand,
  'issue-root-key': issueRootKeyCommand,
  migrate: migrateCommand,
  revoke: revokeCommand,
  'rotate-tag-key': rotateTagKeyCommand,
  'sign-in-link': signInLinkCommand,
}

async function outcomeOf(name: string | undefined, args: readonly string[], env: Environment) {
  if (name === undefined) throw new UsageError('COMMAND is required.')
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined) throw new UsageError(`Unknown command: ${name}.`)
  const { argument, options, json } = parseArguments(args, command)
  const settings = await loadSettings(env)
  const { DATABASE_OWNER_URL: ownerUrl } = settings.config
  const config =
    command.asOwner === true && ownerUrl !== undefined
      ? { ...settings.config, DATABASE_URL: ownerUrl }
      : settings.config
  const outcome = await withDatabase(config, (connection) =>
    command.run({ ...settings, connection, argument, options }),
  )
  return { outcome, json }
}

function parseArguments(args: readonly string[], known: Command) {
  const { values, positionals } = parse(args, known)
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

function parse(args: readonly string[], known: Command) {
  const options: Record<string, { type: 'string' | 'boolean'; multiple: boolean }> = {
    json: { type: 'boolean', multiple: false },
  }
  for (const option of known.options) options[option.name] = { type: 'string', multiple: true }
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}
