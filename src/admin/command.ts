import type { LoadedSettings } from '../settings/load-settings.ts'
import type { DatabaseOptions } from '../store/database.ts'

/** The input of a command: the settings, access to the database, and the arguments. */
export interface CommandContext extends LoadedSettings {
  readonly connection: DatabaseOptions['connection']
  /** The positional argument; empty for commands that take none. */
  readonly argument: string
  readonly options: CommandOptions
}

/** The values of the given options, by name. */
export type CommandOptions = Readonly<Partial<Record<string, readonly string[]>>>

export interface CommandOption {
  readonly name: string
  /** The placeholder of the value in the help. */
  readonly value: string
  readonly about: string
  /** Whether the option may be given more than once. */
  readonly repeats?: true
}

/** The result of a command: as text for people, and as JSON for `--json`. */
export interface Outcome {
  readonly text: string
  readonly json: Readonly<Record<string, unknown>>
  /** Absent: 0. */
  readonly exitCode?: number
}

export interface Command {
  readonly summary: string
  /** The placeholder of the argument in the help; absent: the command takes none. */
  readonly argument?: string
  readonly options: readonly CommandOption[]
  /** Further text for the command's own help. */
  readonly details?: string
  /** Whether the command needs the database user that owns the tables. */
  readonly asOwner?: boolean
  readonly run: (context: CommandContext) => Promise<Outcome>
}

/** A command was called with wrong arguments. */
export class UsageError extends Error {}

/** The audit log is broken; distinct from the exit code of a command that failed. */
export const brokenExitCode = 3
/** The change is committed, but some instance may not know it yet. */
export const pendingExitCode = 4

/** The value of an option that may be given once. */
export function optionOf(options: CommandOptions, name: string): string | undefined {
  return options[name]?.[0]
}

/** Throws UsageError when the option is absent. */
export function requiredOption(options: CommandOptions, name: string): string {
  const value = optionOf(options, name)
  if (value === undefined) throw new UsageError(`--${name} is required.`)
  return value
}
