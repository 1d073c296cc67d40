import type { AddressRange } from '../domain/network/address.ts'
import { parseAddressRanges } from '../domain/network/address-ranges.ts'
import type { Config } from '../settings/settings-schema.ts'

/** What the settings say of the faces. */
export interface ApiSettings {
  /** Those whose X-Forwarded-For and Forwarded are believed. */
  readonly trustedProxies: readonly AddressRange[]
  /** Whether Aeon's public API is served. */
  readonly aeon: boolean
  readonly forwardAuth: ForwardAuthSettings
  /** What stands before our paths for callers; undefined where nobody has said. */
  readonly publicUrl: string | undefined
}

export interface ForwardAuthSettings {
  /** The proxies that may ask without a token. */
  readonly networks: readonly AddressRange[]
  /** The header that holds the token, in lower case. */
  readonly tokenHeader: string
  /** Whether X-Denial-Reason is told. */
  readonly tellsReason: boolean
}

export function parseApiSettings(config: Config): ApiSettings {
  return {
    trustedProxies: rangesOf(config.TRUSTED_PROXIES),
    aeon: config.AEON_API === 'on',
    forwardAuth: {
      networks: rangesOf(config.FORWARD_AUTH_NETWORKS),
      tokenHeader: config.FORWARD_AUTH_HEADER.toLowerCase(),
      tellsReason: config.FORWARD_AUTH_REASON === 'tell',
    },
    publicUrl: config.PUBLIC_URL,
  }
}

function rangesOf(setting: string | undefined): readonly AddressRange[] {
  return setting === undefined ? [] : (parseAddressRanges(setting) ?? [])
}
