import type { LoadedSettings } from '../settings/load-settings.ts'
import type { DatabaseOptions } from '../store/database.ts'

/** What a command is given: the settings, how to reach the database, and its arguments. */
export interface CommandContext extends LoadedSettings {
  readonly connection: DatabaseOptions['connection']
  /** The argument that is no option; empty for commands that take none. */
  readonly argument: string
  readonly options: CommandOptions
}

/** The values of the options that were given, by name. */
export type CommandOptions = Readonly<Partial<Record<string, readonly string[]>>>

export interface CommandOption {
  readonly name: string
  /** What stands for its value in the help. */
  readonly value: string
  readonly about: string
  /** Whether it may be given more than once. */
  readonly repeats?: true
}

/** What came of a command: in words, and as JSON for `--json`. */
export interface Outcome {
  readonly text: string
  readonly json: Readonly<Record<string, unknown>>
  /** Absent: 0. */
  readonly exitCode?: number
}

export interface Command {
  readonly summary: string
  /** What stands for its argument in the help; absent: it takes none. */
  readonly argument?: string
  readonly options: readonly CommandOption[]
  /** More for its own help. */
  readonly details?: string
  /** Whether it needs the user who owns the tables. */
  readonly asOwner?: boolean
  readonly run: (context: CommandContext) => Promise<Outcome>
}

/** A command that was called wrongly. */
export class UsageError extends Error {}

/** Of a trail that is broken, so that a script can tell it from a command that failed. */
export const brokenExitCode = 3
/** Of what is committed and not known to every instance yet. */
export const pendingExitCode = 4

/** The value of an option that is given once, if at all. */
export function optionOf(options: CommandOptions, name: string): string | undefined {
  return options[name]?.[0]
}

/** Throws UsageError when it is not given. */
export function requiredOption(options: CommandOptions, name: string): string {
  const value = optionOf(options, name)
  if (value === undefined) throw new UsageError(`--${name} is required.`)
  return value
}
