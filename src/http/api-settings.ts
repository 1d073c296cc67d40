import type { AddressRange } from '../domain/network/address.ts'
import { parseAddressRanges } from '../domain/network/address-ranges-setting.ts'
import type { Config } from '../settings/settings-schema.ts'
import type { Exposure } from './operations/exposure.ts'
import { type ConsoleSite, publicSiteOf } from './sessions/console-site.ts'

/** The settings that concern the APIs. */
export interface ApiSettings {
  /** The proxies whose `X-Forwarded-For` and `Forwarded` headers are trusted. */
  readonly trustedProxies: readonly AddressRange[]
  /** The bounds of the open connections of each process. */
  readonly connections: { readonly max: number; readonly maxPerAddress: number }
  readonly exposure: Exposure
  /** Whether the service serves the Aeon API. */
  readonly aeon: boolean
  readonly forwardAuth: ForwardAuthSettings
  /** False: every process that reaches the Unix socket may ask for verdicts. */
  readonly callersNeedKeys: boolean
  /** Undefined: there is no console, and no cookie counts anywhere. */
  readonly console: ConsoleSettings | undefined
  /** The URL by which callers reach the service; undefined if `PUBLIC_URL` is not set. */
  readonly publicUrl: string | undefined
  /** `publicUrl`, or the URL by which this machine reaches the service. */
  readonly serverUrl: string
}

/** The settings that concern the routes for verdicts. */
export type VerdictSettings = Pick<
  ApiSettings,
  'trustedProxies' | 'forwardAuth' | 'callersNeedKeys' | 'publicUrl'
>

export interface ConsoleSettings {
  /** The site of `publicUrl`, if that is https. */
  readonly publicSite: ConsoleSite | undefined
  /** Where links to the console lead: `publicSite`, or the console on this machine. */
  readonly origin: string
}

/** The settings of the routes by which a browser signs in. */
export interface SignInSettings extends ConsoleSettings, Pick<ApiSettings, 'trustedProxies'> {}

export interface ForwardAuthSettings {
  /** The proxies that may ask for verdicts without a token. */
  readonly networks: readonly AddressRange[]
  /** The header that holds the token, in lower case. */
  readonly tokenHeader: string
  /** Whether a denial has the header `X-Denial-Reason`. */
  readonly tellsReason: boolean
}

/**
 * The settings of the routes. `config` was checked at the start, so that each list of addresses
 * parses.
 */
export function parseApiSettings(config: Config): ApiSettings {
  return {
    trustedProxies: rangesOf(config.TRUSTED_PROXIES),
    connections: {
      max: config.CONNECTIONS_MAX,
      maxPerAddress: config.CONNECTIONS_PER_ADDRESS_MAX,
    },
    exposure: {
      hasDocs: config.DOCS === 'on',
      hasMetrics: config.METRICS === 'on',
      hasOperationsPort: config.OPERATIONS_PORT !== undefined,
    },
    aeon: config.AEON_API === 'on',
    forwardAuth: {
      networks: rangesOf(config.FORWARD_AUTH_NETWORKS),
      tokenHeader: config.FORWARD_AUTH_HEADER.toLowerCase(),
      tellsReason: config.FORWARD_AUTH_REASON === 'tell',
    },
    callersNeedKeys: config.EDGE_SOCKET_CALLERS === 'key',
    console: config.CONSOLE === 'on' ? consoleOf(config) : undefined,
    publicUrl: config.PUBLIC_URL,
    serverUrl: config.PUBLIC_URL ?? `http://127.0.0.1:${config.PORT}`,
  }
}

function consoleOf({ PUBLIC_URL: publicUrl, PORT: port }: Config): ConsoleSettings {
  const publicSite = publicSiteOf(publicUrl)
  return { publicSite, origin: publicSite?.origin ?? `http://127.0.0.1:${port}` }
}

function rangesOf(setting: string | undefined): readonly AddressRange[] {
  return setting === undefined ? [] : (parseAddressRanges(setting) ?? [])
}
