import fc from 'fast-check'
import t from 'tap'
import {
  type Address,
  type AddressRange,
  covers,
  parseAddress,
} from '../../src/domain/network/address.ts'
import {
  addressSetOf,
  bytesOfAddressSet,
  countRanges,
  EMPTY_ADDRESS_SET,
  hasAddress,
  uniteAddressSets,
} from '../../src/domain/network/address-set.ts'
import { rangesOf } from '../../src/domain/network/allow-list.ts'
import { propertyRuns } from '../helpers/property-runs.ts'

const has = (entries: readonly string[], address: string) => {
  const parsed = parseAddress(address)
  return parsed !== undefined && hasAddress(addressSetOf(rangesOf(entries)), parsed)
}

t.test('an address set holds the edges of its ranges and nothing beside them', async (t) => {
  const cases: [string[], string, boolean][] = [
    [['0.0.0.0/0'], '0.0.0.0', true],
    [['0.0.0.0/0'], '255.255.255.255', true],
    [['0.0.0.0/0'], '::1', false],
    [['::/0'], '::', true],
    [['::/0'], 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', true],
    [['::/0'], '10.0.0.1', false],
    [['::/0'], '::ffff:10.0.0.1', false],
    [['10.0.0.0/8'], '::ffff:10.0.0.1', true],
    [['::ffff:10.0.0.0/104'], '10.255.255.255', true],
    [['::ffff:10.0.0.0/104'], '11.0.0.0', false],
    [['2001:db8::7/128'], '2001:db8::7', true],
    [['2001:db8::7/128'], '2001:db8::6', false],
    [['2001:db8::7/128'], '2001:db8::8', false],
    [['255.255.255.255'], '255.255.255.255', true],
    [['255.255.255.255'], '255.255.255.254', false],
    [[], '10.0.0.1', false],
    [[], '::1', false],
  ]
  for (const [entries, address, expected] of cases) {
    t.equal(has(entries, address), expected, `${entries} and ${address}`)
  }
})

t.test('an address set joins ranges that overlap or are adjacent', async (t) => {
  const count = (...entries: string[]) => countRanges(addressSetOf(rangesOf(entries)))
  t.equal(count('10.0.0.0/8', '10.1.0.0/16', '10.1.2.3'), 1, 'nested')
  t.equal(count('10.0.0.0/9', '10.128.0.0/9'), 1, 'adjacent')
  t.equal(count('10.0.0.1', '10.0.0.3'), 2, 'a gap of one')
  t.equal(count('2001:db8::/33', '2001:db8:8000::/33', '2001:dba::/32'), 2)
  t.equal(count('255.255.255.255', '::'), 2, 'the end of one family and the start of the other')
})

t.test('an address set agrees with a search through all its ranges', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(
        fc.array(fc.array(anyRange, { maxLength: 12 }), { maxLength: 4 }),
        fc.nat(),
        (lists, pick) => {
          const ranges = lists.flat()
          const set = uniteAddressSets(lists.map(addressSetOf))
          return probesOf(ranges, pick).every(
            (address) => hasAddress(set, address) === covers(ranges, address),
          )
        },
      ),
      propertyRuns,
    ),
  )
})

t.test('the union of one address set is that set, and of none is empty', async (t) => {
  const set = addressSetOf(rangesOf(['10.0.0.0/8']))
  t.equal(uniteAddressSets([set]), set)
  t.equal(uniteAddressSets([]), EMPTY_ADDRESS_SET)
})

t.test('the size of an address set counts 8 bytes for an IPv4 range and 32 for IPv6', async (t) => {
  const empty = bytesOfAddressSet(EMPTY_ADDRESS_SET)
  const size = (...entries: string[]) => bytesOfAddressSet(addressSetOf(rangesOf(entries))) - empty
  t.equal(size('10.0.0.1', '10.0.0.3'), 16)
  t.equal(size('2001:db8::1', '2001:db8::3'), 64)
})

/** Ranges close to each other and to both ends of their family, so that many meet. */
const anyRange: fc.Arbitrary<AddressRange> = fc
  .record({
    family: fc.constantFrom(4 as const, 6 as const),
    base: fc.constantFrom('bottom', 'middle', 'top'),
    offset: fc.nat(40),
    prefixLength: fc.oneof(fc.integer({ min: 118, max: 128 }), fc.integer({ min: 0, max: 128 })),
  })
  .map(({ family, base, offset, prefixLength }) => {
    const bits = family === 4 ? 32n : 128n
    const size = 1n << BigInt(Math.min(128 - prefixLength, Number(bits)))
    const top = (1n << bits) - 1n
    const start = { bottom: 0n, middle: 1n << (bits / 2n), top: top - 40n }[base]
    const first = ((start + BigInt(offset)) / size) * size
    return { family, first, last: first + size - 1n }
  })

/** The bounds of the ranges and their neighbours, and an address from anywhere. */
function probesOf(ranges: readonly AddressRange[], pick: number): readonly Address[] {
  const near = ranges.flatMap(({ family, first, last }) =>
    [first - 1n, first, last, last + 1n].map((value) => ({ family, value })),
  )
  const far: Address = { family: 4, value: BigInt(pick) }
  return [...near, far].filter(
    ({ family, value }) => value >= 0n && value < 1n << (family === 4 ? 32n : 128n),
  )
}
