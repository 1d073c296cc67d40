import { Ajv } from 'ajv'
import { Type } from 'typebox'
import { emailPattern } from '../domain/invitation/email-address.ts'
import { parseAddressRanges } from '../domain/network/address-ranges-setting.ts'
import { fitsSocketPath } from '../socket-path.ts'
import { parseDatabaseUrl } from '../store/database-url.ts'
import { describeType, type SettingSchema } from './describe-type.ts'
import { edgeFaults } from './edge-faults.ts'
import { isSmtpUrl, mailFaults } from './mail-settings.ts'
import { type Config, Settings } from './settings-schema.ts'

/** Thrown with one line for each wrong setting. Values are not repeated: they may be secrets. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(`The settings are invalid:\n${faults.map((fault) => `  ${fault}`).join('\n')}`)
    this.faults = faults
  }
}

/** Parses the settings of an environment. Throws ConfigError with all faults at once. */
export function parseConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const { config, faults } = checkConfig(env)
  if (faults.length > 0) throw new ConfigError(faults)
  return config
}

/**
 * Parses the settings, and returns the faults to be reported with others. The settings are usable
 * only if there are none.
 */
export function checkConfig(env: Readonly<Record<string, string | undefined>>): {
  readonly config: Config
  readonly faults: string[]
} {
  const ajv = new Ajv({ validateSchema: false })
    .addFormat('address-ranges', (text) => parseAddressRanges(text) !== undefined)
    .addFormat('origin', isOrigin)
    .addFormat('server-url', isServerUrl)
    .addFormat('smtp-url', isSmtpUrl)
    .addFormat('email-address', new RegExp(emailPattern))
    .addFormat('socket-path', fitsSocketPath)
  const given: Record<string, unknown> = {}
  const faults: string[] = []
  for (const [name, schema] of Object.entries(Settings.properties)) {
    const text = env[name]
    if (text === undefined || text === '') {
      if ('default' in schema) given[name] = schema.default
      continue
    }
    const value = Type.IsInteger(schema) && /^\d{1,15}$/.test(text) ? Number(text) : text
    given[name] = value
    if (!ajv.validate(schema, value)) faults.push(`${name} ${expectation(schema)}`)
    else if (isDatabaseUrl(name)) {
      faults.push(...parseDatabaseUrl(text, env).faults.map((fault) => `${name} ${fault}`))
    }
  }
  faults.push(...mailFaults(env), ...edgeFaults(env, Object.keys(Settings.properties)))
  return { config: given as Config, faults }
}

function isDatabaseUrl(name: string): boolean {
  return /^DATABASE_(OWNER_|LISTEN_)?URL$/.test(name)
}

function expectation(schema: SettingSchema): string {
  if (schema.pattern !== undefined) return `must match ${schema.pattern}`
  return `must be ${describeType(schema)}`
}

/**
 * Whether a text is the scheme, host and port of an HTTP server that can be reached, with a slash
 * at the end or without. The scheme is written in either case (RFC 3986, section 3.1).
 */
function isServerUrl(text: string): boolean {
  return isOrigin(text.replace(/\/$/, ''))
}

/** The same, without a slash at the end: paths are appended to it. */
function isOrigin(text: string): boolean {
  if (!/^https?:\/\/[^\s/?#@\\]+$/i.test(text)) return false
  const url = URL.parse(text)
  return url !== null && url.port !== '0'
}
