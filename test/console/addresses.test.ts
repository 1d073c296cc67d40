/** Which entry contains an address is the same on the page of allow lists as in a verdict. */
import fc from 'fast-check'
import t from 'tap'
import { covers, parseAddress } from '../../src/domain/network/address.ts'
import { parseEntry } from '../../src/domain/network/allow-list-entry.ts'
import { propertyRuns } from '../helpers/property-runs.ts'

interface Addresses {
  readonly contains: (entry: string, address: string) => boolean
  readonly parseAddress: (text: string) => { family: 4 | 6; value: bigint } | undefined
}

const page: Addresses = await import(
  new URL('../../console/parts/addresses.js', import.meta.url).href
)

/** What a verdict says of an entry that the service accepts. */
function covered(entry: string, address: string): boolean {
  const parsed = parseEntry(entry)
  const client = parseAddress(address)
  return parsed.ok && client !== undefined && covers([parsed.range], client)
}

const groups = fc
  .array(
    fc.oneof(fc.constantFrom('0', 'ffff', 'FFFF', '::', ''), fc.stringMatching(/^[\da-f]{1,5}$/)),
    {
      minLength: 1,
      maxLength: 9,
    },
  )
  .map((parts) => parts.join(':').replaceAll(/:{3,}/g, '::'))
const dotted = fc.oneof(fc.ipV4(), fc.constantFrom('10.0.0.0', '010.0.0.1', '256.1.1.1', '10.1'))
const texts = fc.oneof(
  dotted,
  fc.ipV6(),
  groups,
  fc
    .tuple(fc.constantFrom('::ffff:', '::', '64:ff9b::', '1:2:3:4:5:6:', '::1:'), dotted)
    .map((two) => two.join('')),
)

t.test('the page reads the same texts as addresses as the service', async () => {
  fc.assert(
    fc.property(texts, (text) => {
      const [ours, theirs] = [page.parseAddress(text), parseAddress(text)]
      return ours?.family === theirs?.family && ours?.value === theirs?.value
    }),
    propertyRuns,
  )
})

t.test('the page finds an address in the entries in which a verdict finds it', async (t) => {
  const rows: readonly [entry: string, address: string, isIn: boolean][] = [
    ['::ffff:10.0.0.0/104', '10.1.2.3', true],
    ['::ffff:10.0.0.0/104', '::ffff:10.1.2.3', true],
    ['::ffff:10.0.0.0/104', '11.0.0.0', false],
    ['::ffff:a00:1', '10.0.0.1', true],
    ['10.0.0.0/8', '::ffff:a01:203', true],
    ['::ffff:0:0/96', '203.0.113.9', true],
    ['64:ff9b::192.0.2.0/120', '64:ff9b::c000:209', true],
    ['0.0.0.0/0', '203.0.113.9', true],
    ['::/0', '203.0.113.9', false],
    ['2001:DB8::/32', '2001:db8::1', true],
    ['203.0.113.9', 'bogus', false],
  ]
  for (const [entry, address, isIn] of rows) {
    t.equal(page.contains(entry, address), isIn, `${address} in ${entry}`)
    t.equal(covered(entry, address), isIn, `a verdict: ${address} in ${entry}`)
  }
  fc.assert(
    fc.property(texts, fc.nat({ max: 128 }), texts, (network, length, address) => {
      const entry = `${network}/${length}`
      return !parseEntry(entry).ok || page.contains(entry, address) === covered(entry, address)
    }),
    propertyRuns,
  )
})
