/** A scan agrees with JSON.parse, and finds the duplicate members that JSON.parse drops. */
import fc from 'fast-check'
import t from 'tap'
import { countColons, mayRepeatMember } from '../../src/http/json/repeated-members.ts'
import { scanJson } from '../../src/http/json/scan-json.ts'
import { propertyRuns } from '../helpers/property-runs.ts'

t.test('a scan of a text fails exactly if JSON.parse refuses the text', async (t) => {
  const fragment = fc.constantFrom(
    ...['{', '}', '[', ']', ',', ':', '"', '\\', '\\u00', '\\n', 'a', '1', '0', '-', '.', 'e', '+'],
    ...['true', 'false', 'null', ' ', '\n', '\t', '\u0001', '\u2028', '\ud800', '"a"', '{"a":1}'],
  )
  const soup = fc.array(fragment, { maxLength: 12 }).map((parts) => parts.join(''))
  const damaged = fc.tuple(fc.json(), fc.nat(), fragment).map(([text, at, put]) => {
    const place = at % (text.length + 1)
    return text.slice(0, place) + put + text.slice(place + (at % 2))
  })
  fc.assert(
    fc.property(fc.oneof(soup, damaged, fc.string()), (text) => {
      return (scanJson(text).kind === 'broken') === !parses(text)
    }),
    propertyRuns,
  )
  t.ok(true)
})

t.test('a scan accepts whatever JSON.stringify writes', async (t) => {
  const value = fc.jsonValue({ maxDepth: 6, noUnicodeString: false })
  fc.assert(fc.property(value, (some) => scanJson(JSON.stringify(some, null, 1)).kind === 'good'))
  t.ok(true)
})

t.test('a scan finds a duplicate member at any place and in any escape', async (t) => {
  const name = fc.string({ unit: 'binary', maxLength: 8 })
  const path = fc.array(fc.oneof(name, fc.nat(3)), { maxLength: 6 })
  fc.assert(
    fc.property(path, name, (steps, twice) => {
      let text = `{${JSON.stringify(twice)}:1, ${escapeAll(twice)} :2}`
      for (const step of steps.toReversed()) {
        text = typeof step === 'number' ? `[${'0,'.repeat(step)}${text}]` : wrap(step, text)
      }
      const pointer = [...steps, twice].map((step) => `/${pointerPart(String(step))}`).join('')
      const found = scanJson(text)
      if (!mayRepeatMember(countColons(text), JSON.parse(text))) return false
      return found.kind === 'duplicates' && found.pointers.join() === pointer
    }),
  )
  t.ok(true)
})

t.test('an ordinary body needs no scan for duplicate members', async (t) => {
  const attempt = { token: 'aeon_x', client_ip: '2001:db8::7', permissions: ['api_key:verify'] }
  for (const space of [0, 2]) {
    const colons = countColons(JSON.stringify(attempt, null, space))
    t.equal(mayRepeatMember(colons, attempt), false)
  }
})

t.test('a scan names the line, the column and what it expected', async (t) => {
  const broken: readonly [string, number, number, RegExp][] = [
    ['', 1, 1, /a value/],
    ['{\n  "a": 1,\n}', 3, 1, /member name/],
    ['{"a" 1}', 1, 6, /a colon/],
    ['[1 2]', 1, 4, /a comma or \]/],
    ['{"a":1', 1, 7, /a comma or }/],
    ['"a\u0001"', 1, 3, /control/],
    ['"\\x"', 1, 2, /escape/],
    ['"a', 1, 3, /quote/],
    ['{} x', 1, 4, /the end/],
    ['[01]', 1, 2, /a number without a leading zero/],
    ['[-01]', 1, 2, /a number without a leading zero/],
    ['[1.]', 1, 4, /a digit/],
    ['[1.e5]', 1, 4, /a digit/],
    ['[1e]', 1, 4, /a digit/],
    ['[1E+]', 1, 5, /a digit/],
    ['[1.5.2]', 1, 5, /a comma or \]/],
    ['[1e5e+5]', 1, 5, /a comma or \]/],
    ['[-]', 1, 3, /a digit/],
    ['[0x1]', 1, 3, /a comma or \]/],
    ['\ufeff{"a" 1}', 1, 6, /a colon/],
    ['\ufeff{\n"a" 1}', 2, 5, /a colon/],
  ]
  for (const [text, line, column, expected] of broken) {
    t.match(scanJson(text), { kind: 'broken', line, column, expected }, JSON.stringify(text))
  }
})

t.test('a deeply nested body does not exhaust the stack of the scan', async (t) => {
  t.equal(scanJson('['.repeat(262_144)).kind, 'broken')
  t.equal(scanJson('['.repeat(131_072) + ']'.repeat(131_072)).kind, 'good')
  t.equal(scanJson(`${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`).kind, 'good')
})

function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function wrap(name: string, text: string): string {
  return `{"before ${pointerPart(name).length}":null,${JSON.stringify(name)}:${text}}`
}

function escapeAll(name: string): string {
  const units = Array.from({ length: name.length }, (_, index) => name.charCodeAt(index))
  return `"${units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')}"`
}

function pointerPart(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}
