import type { Address } from '../domain/network/address.ts'

/** What an address counts as: itself, or the 64 bits that an IPv6 site has at least (RFC 6177). */
export function siteOf({ family, value }: Address): string {
  return family === 4 ? `4/${value}` : `6/${value >> 64n}`
}
