import ipaddr from 'ipaddr.js'
import type { Address } from './address.ts'

/** Formats an address in its one canonical form: dotted decimal, or RFC 5952. */
export function formatAddress({ family, value }: Address): string {
  const bytes = Buffer.from(value.toString(16).padStart(family === 4 ? 8 : 32, '0'), 'hex')
  const address = ipaddr.fromByteArray([...bytes])
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString()
}
