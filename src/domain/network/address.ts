import { isIPv4, isIPv6 } from 'node:net'
import ipaddr from 'ipaddr.js'

/**
 * One address as a number. An IPv4-mapped IPv6 address (RFC 4291, section 2.5.5.2) counts as IPv4.
 */
export interface Address {
  readonly family: 4 | 6
  readonly value: bigint
}

/**
 * The addresses of one family from `first` to `last`, both included. The families are disjoint:
 * `::/0` is every IPv6 address and no IPv4 address.
 */
export interface AddressRange {
  readonly family: 4 | 6
  readonly first: bigint
  readonly last: bigint
}

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
 * The texts that `inet_aton` accepts as IPv4: decimal, octal or hexadecimal parts, and fewer than
 * four of them.
 */
const LOOSE_IPV4 = /^(?:0x[\da-f]*|\d+)(?:\.(?:0x[\da-f]*|\d+)){0,3}$/i

const PREFIX_LENGTH = /^\/(?:0|[1-9]\d{0,2})$/

/** The bits before the 32 bits of IPv4 in a mapped address. */
const MAPPED_START = 0xffffn
const IPV4_MASK = 0xffff_ffffn

/**
 * Parses an address as RFC 4291, section 2.2, and dotted decimal write it. Undefined for anything
 * else, including a zone id (RFC 4007, section 11) and surrounding white space.
 *
 * `node:net` decides what an address is, by `inet_pton`. It refuses octal, hexadecimal and short
 * IPv4: "010.0.0.1" could be another address here than at the proxy that wrote it.
 */
export function parseAddress(text: string): Address | undefined {
  if (isIPv4(text)) return { family: 4, value: BigInt(parseIPv4(text)) }
  if (!isIPv6(text) || text.includes('%')) return undefined
  const value = parseIPv6(text)
  if (value >> 32n === MAPPED_START) return { family: 4, value: value & IPV4_MASK }
  return { family: 6, value }
}

/** Formats an address in its one canonical form: dotted decimal, or RFC 5952. */
export function formatAddress({ family, value }: Address): string {
  const bytes = Buffer.from(value.toString(16).padStart(family === 4 ? 8 : 32, '0'), 'hex')
  const address = ipaddr.fromByteArray([...bytes])
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString()
}

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
  if (address.family === 4 && hostMask > IPV4_MASK) return { ok: false, rule: 'host_bits' }
  return {
    ok: true,
    range: {
      family: address.family,
      first: address.value,
      last: address.value | hostMask,
    },
  }
}

/** Whether any of the ranges contains the address. */
export function covers(ranges: readonly AddressRange[], address: Address): boolean {
  return ranges.some(
    (range) =>
      range.family === address.family &&
      range.first <= address.value &&
      address.value <= range.last,
  )
}

/** Whether `outer` contains every address of `inner`. */
export function rangeCovers(outer: AddressRange, inner: AddressRange): boolean {
  return outer.family === inner.family && outer.first <= inner.first && inner.last <= outer.last
}

/** What a rule requires, in words for people. */
export function entryMessage(rule: EntryRule): string {
  return MESSAGES[rule]
}

function parseIPv4(text: string): number {
  return text.split('.').reduce((value, octet) => value * 256 + Number(octet), 0)
}

/**
 * Reads what `node:net` has found to be IPv6: eight groups, of which `::` stands for those left
 * out.
 */
function parseIPv6(text: string): bigint {
  const [before = '', after] = text.split('::')
  const head = groupsOf(before)
  const tail = after === undefined ? [] : groupsOf(after)
  const words = new DataView(new ArrayBuffer(16))
  for (const [index, group] of head.entries()) words.setUint16(index * 2, group)
  for (const [index, group] of tail.entries()) {
    words.setUint16((8 - tail.length + index) * 2, group)
  }
  return (words.getBigUint64(0) << 64n) | words.getBigUint64(8)
}

/** The last two groups may be written as an IPv4 address (RFC 4291, section 2.2). */
function groupsOf(text: string): readonly number[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return Number.parseInt(group, 16)
    const value = parseIPv4(group)
    return [Math.floor(value / 0x1_0000), value % 0x1_0000]
  })
}

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
