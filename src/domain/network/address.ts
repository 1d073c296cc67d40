import { isIPv4, isIPv6 } from 'node:net'

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

/** The bits before the 32 bits of IPv4 in a mapped address. */
const MAPPED_START = 0xffffn
/** The bits of an IPv4 address. */
export const ipv4Mask = 0xffff_ffffn

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
  if (value >> 32n === MAPPED_START) return { family: 4, value: value & ipv4Mask }
  return { family: 6, value }
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
