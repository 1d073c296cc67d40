import { maxSocketPathBytes } from '../socket-path.ts'

/** The JSON schema of a setting, as far as it is described to operators. */
export interface SettingSchema {
  readonly type?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly pattern?: unknown
  readonly format?: unknown
  readonly anyOf?: readonly { readonly const?: unknown }[]
  readonly default?: unknown
  readonly description?: string
}

/** The values that a setting takes, as a noun phrase. */
export function describeType(schema: SettingSchema): string {
  if (schema.type === 'integer') return `an integer from ${schema.minimum} to ${schema.maximum}`
  if (schema.anyOf !== undefined) {
    return `one of ${schema.anyOf.map((option) => option.const).join(', ')}`
  }
  if (schema.format === 'address-ranges') {
    return 'addresses and CIDR ranges, separated by commas'
  }
  if (schema.format === 'server-url') {
    return 'the scheme, host and port of a server, such as https://keys.internal:8443'
  }
  if (schema.format === 'origin') {
    return 'a scheme, a host and a port without a slash at the end, such as https://keys.example.com'
  }
  if (schema.format === 'smtp-url') {
    return 'the URL of a mail server, such as smtps://user:password@mail.example.com'
  }
  if (schema.format === 'email-address') return 'an e-mail address, such as keys@example.com'
  if (schema.format === 'socket-path') return `a path of at most ${maxSocketPathBytes} bytes`
  if (schema.pattern !== undefined) return `text that matches ${schema.pattern}`
  return 'text'
}
