import fc from 'fast-check'
import t from 'tap'
import { type Address, parseAddress } from '../../src/domain/network/address.ts'
import { parseAddressRanges } from '../../src/domain/network/address-ranges-setting.ts'
import { rangesOf } from '../../src/domain/network/allow-list.ts'
import { clientAddress, proxiedAddress } from '../../src/domain/network/client-address.ts'
import { formatAddress } from '../../src/domain/network/format-address.ts'
import { propertyRuns } from '../helpers/property-runs.ts'
import vectors from '../vectors/client-address.json' with { type: 'json' }

const trusted = rangesOf(['10.0.0.0/8', 'fd00::/8'])
const proxy = '10.0.0.1'
const none = { xForwardedFor: [], forwarded: [] }

t.test('the client address agrees with the table of cases', async (t) => {
  for (const { name, peer, trusted, x_forwarded_for, forwarded, client } of vectors.cases) {
    const headers = { xForwardedFor: x_forwarded_for, forwarded }
    const found = clientAddress(peer ?? undefined, headers, rangesOf(trusted))
    t.same(found, client === null ? undefined : parseAddress(client), name)
    const isFromProxy = clientAddress(peer ?? undefined, none, rangesOf(trusted)) === undefined
    const proxied = proxiedAddress(peer ?? undefined, headers, rangesOf(trusted))
    t.same(proxied, isFromProxy ? found : undefined, `${name}, asked by a proxy`)
  }
})

t.test('the client address is the first untrusted hop from the right', async () => {
  fc.assert(
    fc.property(fc.array(hops, { maxLength: 6 }), fc.boolean(), (chain, inForwarded) => {
      const stop = chain.findLast((hop) => hop.kind !== 'trusted')
      const expected = stop?.kind === 'client' ? parseAddress(stop.address) : undefined
      const written = chain.map((hop) => (inForwarded ? hop.forwarded : hop.xForwardedFor))
      // Each hop begins a line of its own or goes on with the line of the one before.
      const lines: string[] = []
      for (const [index, text] of written.entries()) {
        const last = chain[index]?.ownLine ? undefined : lines.pop()
        lines.push(last === undefined ? text : `${last}, ${text}`)
      }
      const headers = { ...none, [inForwarded ? 'forwarded' : 'xForwardedFor']: lines }
      return isSame(clientAddress(proxy, headers, trusted), expected)
    }),
    propertyRuns,
  )
})

t.test('no header that a client sends changes its client address', async () => {
  fc.assert(
    fc.property(
      fc.array(headerText, { maxLength: 3 }),
      fc.array(headerText, { maxLength: 3 }),
      clients,
      fc.boolean(),
      (xForwardedFor, forwarded, client, appends) => {
        // What a proxy makes of it that writes X-Forwarded-For, and passes Forwarded on as it came.
        const before = xForwardedFor.slice(0, -1)
        const last = xForwardedFor.at(-1)
        const written =
          appends && last !== undefined
            ? [...before, `${last}, ${client}`]
            : [...xForwardedFor, client]
        const found = clientAddress(proxy, { xForwardedFor: written, forwarded }, trusted)
        const alone = clientAddress(proxy, { xForwardedFor: written, forwarded: [] }, trusted)
        const named = clientAddress(
          proxy,
          { xForwardedFor: [], forwarded: [...forwarded, forwardedOf(client)] },
          trusted,
        )
        const isClientOrNobody = found === undefined || isSame(found, parseAddress(client))
        return (
          isClientOrNobody &&
          isSame(alone, parseAddress(client)) &&
          isSame(named, parseAddress(client)) &&
          isSame(clientAddress(client, { xForwardedFor, forwarded }, trusted), parseAddress(client))
        )
      },
    ),
    propertyRuns,
  )
})

t.test('forwarded headers of 16 kB are parsed within a second of CPU time', async (t) => {
  const before = process.threadCpuUsage()
  for (const text of [
    ',',
    ' ',
    '\t ',
    '"',
    'for=',
    'for="\\',
    '10.0.0.2, ',
    'for=10.0.0.2, ',
    ';',
    '; ',
    'for=10.0.0.2;',
  ]) {
    const line = text.repeat(16_000 / text.length)
    for (const client of ['', '203.0.113.7', 'for=203.0.113.7']) {
      clientAddress(proxy, { xForwardedFor: [line + client], forwarded: [] }, trusted)
      clientAddress(proxy, { xForwardedFor: [], forwarded: [line + client] }, trusted)
    }
  }
  t.ok(process.threadCpuUsage(before).user < 1_000_000)
})

t.test('TRUSTED_PROXIES is a list of addresses and ranges, or is refused', async (t) => {
  t.same(
    parseAddressRanges('10.0.0.0/8, ::1,192.0.2.1'),
    rangesOf(['10.0.0.0/8', '::1', '192.0.2.1']),
  )
  for (const text of [
    '',
    ',',
    '10.0.0.0/8,',
    'localhost',
    '10.0.0.1/8',
    '10.0.0.1 10.0.0.2',
    '*',
  ]) {
    t.equal(parseAddressRanges(text), undefined, text)
  }
})

t.test('a client address is written in its canonical form', async (t) => {
  for (const [text, canonical] of [
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['2001:0DB8:0:0:0:0:0:7', '2001:db8::7'],
    ['::1.2.3.4', '::102:304'],
    ['::', '::'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
  ] as const) {
    const address = parseAddress(text)
    t.equal(address && formatAddress(address), canonical, text)
  }
})

const isSame = (a: Address | undefined, b: Address | undefined) =>
  a?.family === b?.family && a?.value === b?.value

const clients = fc.oneof(
  fc.nat(255).map((last) => `203.0.113.${last}`),
  fc.nat(0xffff).map((last) => `2001:db8::${last.toString(16)}`),
)
const proxies = fc.oneof(
  fc.nat(255).map((last) => `10.1.2.${last}`),
  fc.nat(0xffff).map((last) => `fd00::${last.toString(16)}`),
)
const garbage = fc.constantFrom('unknown', '_hidden', 'fe80::1%eth0', '010.0.0.1', 'a.example')

/** What proxies write: an address in any of the usual forms, or something that is none. */
const hops = fc
  .record({
    kind: fc.constantFrom('trusted' as const, 'client' as const, 'garbage' as const),
    client: clients,
    proxy: proxies,
    garbage,
    port: fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined }),
    ownLine: fc.boolean(),
  })
  .map(({ kind, client, proxy, garbage, port, ownLine }) => {
    const address = { trusted: proxy, client, garbage }[kind]
    const ending = port === undefined ? '' : `:${port}`
    const isBracketed = address.includes(':') && port !== undefined
    return {
      kind,
      address,
      ownLine,
      xForwardedFor:
        kind === 'garbage' ? address : (isBracketed ? `[${address}]` : address) + ending,
      forwarded: forwardedOf(address, ending),
    }
  })

function forwardedOf(address: string, ending = ''): string {
  return `for="${address.includes(':') ? `[${address}]` : address}${ending}"`
}

/**
 * What a header may hold once Node has read it: Latin-1 without control characters; much of it near
 * to what counts.
 */
const headerText = fc.oneof(
  fc
    .array(
      fc.constantFrom(
        'for=',
        '"',
        '\\',
        ',',
        ';',
        ' ',
        '10.0.0.2',
        '192.0.2.1',
        '[',
        ']',
        ':80',
        'x',
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join('')),
  fc.string({
    unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)),
  }),
)
