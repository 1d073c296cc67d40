import type { LoadedSettings } from '../settings.ts'
import type { DatabaseOptions } from '../store/database.ts'

/** What a command is given: the settings, how to reach the database, and its options. */
export interface CommandContext extends LoadedSettings {
  readonly connection: DatabaseOptions['connection']
  readonly options: CommandOptions
}

export interface CommandOptions {
  readonly file: string | undefined
}

/** Does its work and says what came of it, for people. */
export type Command = (context: CommandContext) => Promise<string>
