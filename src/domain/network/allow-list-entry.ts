import { isIPv4, isIPv6 } from 'node:net'
import { type AddressRange, ipv4Mask, parseAddress } from './address.ts'

/** The rules that an entry of an allow list can break. */
export const ENTRY_RULES = [
  'not_an_address',
  'ipv4_form',
  'zone_id',
  'prefix_length',
  'host_bits',
] as const

export type EntryRule = (typeof ENTRY_RULES)[number]

export type EntryResult =
  | { readonly ok: true; readonly range: AddressRange }
  | { readonly ok: false; readonly rule: EntryRule }

/**
 * Parses an entry of an allow list: an address, or an address, `/` and a prefix length in decimal.
 */
export function parseEntry(text: string): EntryResult {
  const [addressText = ''] = text.split('/', 1)
  const address = parseAddress(addressText)
  if (address === undefined) return { ok: false, rule: addressRule(addressText) }

  const writtenBits = addressText.includes(':') ? 128 : 32
  const prefixLength = parsePrefixLength(text.slice(addressText.length), writtenBits)
  if (prefixLength === undefined) return { ok: false, rule: 'prefix_length' }

  const hostMask = (1n << BigInt(writtenBits - prefixLength)) - 1n
  if ((address.value & hostMask) !== 0n) return { ok: false, rule: 'host_bits' }
  // The bits before the 32 bits of a mapped address are not zero, and this prefix excludes them.
  if (address.family === 4 && hostMask > ipv4Mask) return { ok: false, rule: 'host_bits' }
  return {
    ok: true,
    range: {
      family: address.family,
      first: address.value,
      last: address.value | hostMask,
    },
  }
}

/** What a rule requires, in words for people. */
export function entryMessage(rule: EntryRule): string {
  return MESSAGES[rule]
}

/**
 * The texts that `inet_aton` accepts as IPv4: decimal, octal or hexadecimal parts, and fewer than
 * four of them.
 */
const LOOSE_IPV4 = /^(?:0x[\da-f]*|\d+)(?:\.(?:0x[\da-f]*|\d+)){0,3}$/i

const PREFIX_LENGTH = /^\/(?:0|[1-9]\d{0,2})$/

function addressRule(text: string): EntryRule {
  if (LOOSE_IPV4.test(text)) return 'ipv4_form'
  const [bare = '', zone] = text.split('%', 2)
  if (zone !== undefined && (isIPv4(bare) || isIPv6(bare))) return 'zone_id'
  return 'not_an_address'
}

/**
 * Parses what follows the address of an entry: nothing, which means all bits, or `/` and a number.
 */
function parsePrefixLength(text: string, bits: number): number | undefined {
  if (text === '') return bits
  if (!PREFIX_LENGTH.test(text)) return undefined
  const prefixLength = Number(text.slice(1))
  return prefixLength > bits ? undefined : prefixLength
}

const MESSAGES: Readonly<Record<EntryRule, string>> = {
  not_an_address:
    'The entry must be an IPv4 or IPv6 address, such as 203.0.113.7, or a range, such as 198.51.100.0/24.',
  ipv4_form: 'An IPv4 address must be four decimal numbers from 0 to 255, without leading zeros.',
  zone_id: 'The entry must not contain a zone id: leave out the percent sign and what follows.',
  prefix_length:
    'The prefix length must be a number from 0 to 32 for IPv4, or from 0 to 128 for IPv6, such as in 198.51.100.0/24.',
  host_bits:
    'The address must have no bits set after the prefix length, such as 10.1.0.0/16 and not 10.1.2.3/16.',
}
