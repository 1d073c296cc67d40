import packageJson from '../../package.json' with { type: 'json' }
import { Settings } from '../settings/settings-schema.ts'
import { usageOfSettings } from '../settings/usage.ts'

/** What a process prints instead of serving. */
export interface Reply {
  readonly text: string
  readonly exitCode: 0 | 2
}

/** The reply to the arguments of the process; undefined if there are none, and it is to serve. */
export function replyTo(args: readonly string[]): Reply | undefined {
  if (args.some((arg) => arg === '--help' || arg === '-h')) {
    return { text: usageOfSettings(), exitCode: 0 }
  }
  if (args.includes('--version')) {
    return { text: `${packageJson.name} ${packageJson.version}\n`, exitCode: 0 }
  }
  const [unknown] = args
  return unknown === undefined ? undefined : { text: refusalOf(unknown), exitCode: 2 }
}

function refusalOf(argument: string): string {
  const setting = settingMeantBy(argument)
  const remedy =
    setting === undefined
      ? 'Settings are environment variables'
      : `Settings are environment variables: ${setting}=... npm start`
  return `aeon-keys cannot start. Unknown argument${nameOf(argument)}. ${remedy}; \`npm start -- --help\` lists them.\n`
}

/** Only the name of an option is repeated: its value, or another argument, may be a secret. */
function nameOf(argument: string): string {
  const [, name] = /^(--?[A-Za-z][A-Za-z_-]{0,63})(?:=|$)/.exec(argument) ?? []
  return name === undefined ? '' : `: ${name}`
}

/** `--database-url` and `DATABASE_URL=...` mean DATABASE_URL. */
function settingMeantBy(argument: string): string | undefined {
  const [, option, variable] = /^(?:--?([A-Za-z_-]+)(?:=|$)|([A-Z_]+)=)/.exec(argument) ?? []
  const setting = (option ?? variable ?? '').replaceAll('-', '_').toUpperCase()
  return Object.hasOwn(Settings.properties, setting) ? setting : undefined
}
