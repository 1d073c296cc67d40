import { BlockList } from 'node:net'
import fc from 'fast-check'
import t from 'tap'
import {
  type AddressRange,
  covers,
  parseAddress,
  rangeCovers,
} from '../../src/domain/network/address.ts'
import { ENTRY_RULES, entryMessage, parseEntry } from '../../src/domain/network/allow-list-entry.ts'
import { propertyRuns } from '../helpers/property-runs.ts'
import vectors from '../vectors/address.json' with { type: 'json' }

t.test('address parsing agrees with the table of cases', async (t) => {
  for (const { text, family, value_hex: hex } of vectors.addresses) {
    t.same(parseAddress(text), { family, value: BigInt(`0x${hex}`) }, text)
  }
  for (const text of [...vectors.addresses_refused, '1'.repeat(100_000), ':'.repeat(100_000)]) {
    t.equal(parseAddress(text), undefined, JSON.stringify(text.slice(0, 50)))
  }
})

t.test('allow-list entry parsing agrees with the table of cases', async (t) => {
  for (const { text, family, first_hex: first, last_hex: last } of vectors.entries) {
    const range = { family, first: BigInt(`0x${first}`), last: BigInt(`0x${last}`) }
    t.same(parseEntry(text), { ok: true, range }, text)
  }
  for (const { text, rule } of vectors.entries_refused) {
    t.same(parseEntry(text), { ok: false, rule }, JSON.stringify(text))
  }
  const refusedBy = new Set(vectors.entries_refused.map(({ rule }) => rule))
  t.same([...refusedBy].sort(), [...ENTRY_RULES].sort(), 'every rule refuses something')
  t.equal(new Set(ENTRY_RULES.map(entryMessage)).size, ENTRY_RULES.length)
})

t.test('allow-list entries cover the addresses that the table of cases says', async (t) => {
  for (const { entries, address, covered } of vectors.covers) {
    const parsed = parseAddress(address)
    t.equal(parsed && covers(entries.map(rangeOf), parsed), covered, `${entries} and ${address}`)
  }
})

t.test('an allow-list entry is the same range in every spelling', async () => {
  fc.assert(
    fc.property(networks, ({ family, value, prefixLength, spelling }) => {
      const bits = family === 4 ? 32 : 128
      const first = maskTo(value, bits, prefixLength)
      const last = first + (1n << BigInt(bits - prefixLength)) - 1n
      const text = `${spell(family, first, spelling)}/${writtenLength(family, prefixLength, spelling)}`
      const range = rangeOf(text)
      return range.family === family && range.first === first && range.last === last
    }),
    propertyRuns,
  )
})

t.test('an allow-list entry with host bits is refused in every spelling', async () => {
  fc.assert(
    fc.property(networks, ({ family, value, prefixLength, spelling }) => {
      if (maskTo(value, family === 4 ? 32 : 128, prefixLength) === value) return true
      const length = writtenLength(family, prefixLength, spelling)
      const result = parseEntry(`${spell(family, value, spelling)}/${length}`)
      return !result.ok && result.rule === 'host_bits'
    }),
    propertyRuns,
  )
})

t.test('address coverage agrees with the BlockList of node:net', async () => {
  fc.assert(
    fc.property(
      fc.array(networks, { maxLength: 4 }),
      networks,
      fc.nat(130),
      (list, probe, near) => {
        // One for each family: in the block list, unlike here, ::/0 holds every IPv4 address.
        const oracles = { 4: new BlockList(), 6: new BlockList() }
        const ranges: AddressRange[] = []
        for (const { family, value, prefixLength } of list) {
          const first = maskTo(value, family === 4 ? 32 : 128, prefixLength)
          const text = spell(family, first, 'full')
          oracles[family].addSubnet(text, prefixLength, family === 4 ? 'ipv4' : 'ipv6')
          ranges.push(rangeOf(`${text}/${prefixLength}`))
        }
        // Half of the probes are one flipped bit away from the first network.
        const [first = probe] = list
        const bit = 1n << BigInt(near % (first.family === 4 ? 32 : 128))
        const target = near % 2 === 0 ? probe : { ...first, value: first.value ^ bit }
        const text = spell(target.family, target.value, 'full')
        const address = parseAddress(text)
        if (address === undefined) return false
        const isMember = oracles[target.family].check(text, target.family === 4 ? 'ipv4' : 'ipv6')
        return covers(ranges, address) === isMember
      },
    ),
    propertyRuns,
  )
})

t.test('an address range covers another exactly when it covers both its ends', async () => {
  fc.assert(
    fc.property(networks, networks, fc.nat(128), fc.boolean(), (one, two, length, isNested) => {
      const outer = networkRange(one)
      const nested = { ...one, prefixLength: Math.min(length, one.family === 4 ? 32 : 128) }
      const inner = networkRange(isNested ? nested : two)
      const ends = [inner.first, inner.last].map((value) => ({ family: inner.family, value }))
      return rangeCovers(outer, inner) === ends.every((end) => covers([outer], end))
    }),
    propertyRuns,
  )
})

t.test('address parsing never throws, and accepts the IPv6 texts of the URL standard', async () => {
  const mutated = fc
    .tuple(networks, fc.nat(50), fc.nat(2), fc.string({ unit: hexColonDot, maxLength: 3 }))
    .map(([{ family, value, spelling }, at, dropped, put]) => {
      const text = spell(family, value, spelling)
      return text.slice(0, at) + put + text.slice(at + dropped)
    })
  const texts = fc.oneof(mutated, fc.string({ unit: hexColonDot, maxLength: 45 }))
  fc.assert(
    fc.property(texts, (text) => {
      const address = parseAddress(text)
      if (!text.includes(':')) return (address !== undefined) === isDottedDecimal(text)
      const canonical = URL.parse(`http://[${text}]`)?.hostname.slice(1, -1)
      if (canonical === undefined) return address === undefined
      return address !== undefined && address.value === parseAddress(canonical)?.value
    }),
    propertyRuns,
  )
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      return parseEntry(text).ok === false || /^[\da-fA-F:.]+(\/\d+)?$/.test(text)
    }),
    propertyRuns,
  )
})

type Spelling = 'full' | 'short' | 'upper' | 'dotted'

interface Network {
  readonly family: 4 | 6
  readonly value: bigint
  readonly prefixLength: number
  readonly spelling: Spelling
}

const hexColonDot = fc.constantFrom(...'0123456789abcdefABCDEF::::....')
const spellings = fc.constantFrom<Spelling>('full', 'short', 'upper', 'dotted')
/** Many groups of zeros and ones, so that addresses are near each other and compress. */
const group = fc.oneof(fc.constantFrom(0n, 0n, 0n, 1n, 0xffffn), fc.bigInt(0n, 0xffffn))
const networks: fc.Arbitrary<Network> = fc.oneof(
  fc.record({
    family: fc.constant<4>(4),
    value: fc.tuple(group, group).map(joined),
    prefixLength: fc.nat(32),
    spelling: spellings,
  }),
  fc.record({
    family: fc.constant<6>(6),
    value: fc
      .tuple(group, group, group, group, group, group, group, group)
      .map(joined)
      .filter((value) => value >> 32n !== 0xffffn),
    prefixLength: fc.nat(128),
    spelling: spellings,
  }),
)

function joined(groups: readonly bigint[]): bigint {
  return groups.reduce((value, group) => value * 0x10000n + group, 0n)
}

function maskTo(value: bigint, bits: number, prefixLength: number): bigint {
  const hostBits = BigInt(bits - prefixLength)
  return (value >> hostBits) << hostBits
}

/** An IPv4 value in any spelling but `full` is written as a mapped IPv6 address. */
function spell(family: 4 | 6, value: bigint, spelling: Spelling): string {
  if (family === 4 && spelling === 'full') return dotted(value)
  const all = family === 4 ? value + 0xffff_0000_0000n : value
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((all >> BigInt(112 - 16 * index)) & 0xffffn).toString(16),
  )
  if (spelling === 'upper')
    return groups
      .map((text) => text.padStart(4, '0'))
      .join(':')
      .toUpperCase()
  if (spelling === 'dotted') return `${groups.slice(0, 6).join(':')}:${dotted(all & 0xffff_ffffn)}`
  if (spelling === 'short') return groups.join(':').replace(/(?:^|:)0(?::0)+(?:$|:)/, '::')
  return groups.join(':')
}

function dotted(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join('.')
}

function writtenLength(family: 4 | 6, prefixLength: number, spelling: Spelling): number {
  return family === 4 && spelling !== 'full' ? prefixLength + 96 : prefixLength
}

function isDottedDecimal(text: string): boolean {
  const octets = text.split('.')
  return (
    octets.length === 4 &&
    octets.every((octet) => /^\d+$/.test(octet) && `${Number(octet) & 255}` === octet)
  )
}

function networkRange({ family, value, prefixLength }: Network): AddressRange {
  const first = maskTo(value, family === 4 ? 32 : 128, prefixLength)
  return rangeOf(`${spell(family, first, 'full')}/${prefixLength}`)
}

function rangeOf(entry: string): AddressRange {
  const result = parseEntry(entry)
  if (!result.ok) throw new Error(`${entry}: ${result.rule}`)
  return result.range
}
