import type { Address, AddressRange } from './address.ts'
import {
  countRangesOf,
  mergeRangeTables,
  type RangeTable,
  rangeTableOf,
  tableHas,
} from './range-table.ts'

/**
 * A set of addresses, as disjoint ranges in ascending order, in a table for each family, which
 * range-table.ts searches. An IPv4 range takes 8 bytes and an IPv6 range 32, where two bigints in
 * an object take some 100.
 */
export interface AddressSet {
  readonly ipv4: RangeTable
  readonly ipv6: RangeTable
}

/** Makes the set of all addresses in any of the ranges, which may overlap. */
export function addressSetOf(ranges: readonly AddressRange[]): AddressSet {
  return {
    ipv4: rangeTableOf(
      ranges.filter(({ family }) => family === 4),
      1,
    ),
    ipv6: rangeTableOf(
      ranges.filter(({ family }) => family === 6),
      4,
    ),
  }
}

/**
 * Makes the set of all addresses in any of the sets; a single set is returned itself. Sets are
 * merged in pairs, so that each range is copied a logarithmic number of times.
 */
export function uniteAddressSets(sets: readonly AddressSet[]): AddressSet {
  const [first = EMPTY_ADDRESS_SET, second] = sets
  if (second === undefined) return first
  if (sets.length === 2) return mergeSets(first, second)
  const middle = sets.length >>> 1
  return mergeSets(uniteAddressSets(sets.slice(0, middle)), uniteAddressSets(sets.slice(middle)))
}

/** Whether one of the ranges of the set contains the address. */
export function hasAddress({ ipv4, ipv6 }: AddressSet, { family, value }: Address): boolean {
  if (family === 4) {
    wanted[0] = Number(value)
    return tableHas(ipv4, wanted)
  }
  if (ipv6.firsts.length === 0) return false
  halves.setBigUint64(0, value >> 64n)
  halves.setBigUint64(8, value)
  for (let word = 0; word < 4; word += 1) wanted[word] = halves.getUint32(word * 4)
  return tableHas(ipv6, wanted)
}

/** How many disjoint ranges the set has. */
export function countRanges(addresses: AddressSet): number {
  return countRangesOfFamily(addresses, 4) + countRangesOfFamily(addresses, 6)
}

/** How many disjoint ranges of a family the set has, which may be fewer than its entries. */
export function countRangesOfFamily({ ipv4, ipv6 }: AddressSet, family: 4 | 6): number {
  return countRangesOf(family === 4 ? ipv4 : ipv6)
}

/**
 * How much memory the set takes, in bytes: its tables, and the objects around them as V8 makes
 * them.
 */
export function bytesOfAddressSet({ ipv4, ipv6 }: AddressSet): number {
  return OBJECTS_BYTES + 2 * (ipv4.firsts.byteLength + ipv6.firsts.byteLength)
}

/** Four typed arrays and what holds them: 945 to 1,009 bytes of heap, measured with Node 24. */
const OBJECTS_BYTES = 1_000

/** The address that is searched for. Nothing waits during a search, so that one place is enough. */
const wanted = new Uint32Array(4)
const halves = new DataView(new ArrayBuffer(16))

export const EMPTY_ADDRESS_SET: AddressSet = addressSetOf([])

function mergeSets(a: AddressSet, b: AddressSet): AddressSet {
  return { ipv4: mergeRangeTables(a.ipv4, b.ipv4), ipv6: mergeRangeTables(a.ipv6, b.ipv6) }
}
