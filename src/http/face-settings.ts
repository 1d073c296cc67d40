import type { Config } from '../config.ts'
import type { AddressRange } from '../domain/address.ts'
import { parseAddressRanges } from '../domain/address-ranges.ts'

/** What the settings say of the faces. */
export interface FaceSettings {
  /** Those whose X-Forwarded-For and Forwarded are believed. */
  readonly trustedProxies: readonly AddressRange[]
}

export function readFaceSettings(config: Config): FaceSettings {
  return { trustedProxies: rangesOf(config.TRUSTED_PROXIES) }
}

function rangesOf(setting: string | undefined): readonly AddressRange[] {
  return setting === undefined ? [] : (parseAddressRanges(setting) ?? [])
}
