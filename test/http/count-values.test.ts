import fc from 'fast-check'
import t from 'tap'
import { hasMoreValues } from '../../src/http/json/count-values.ts'

/** How many values a value consists of; an empty object or array counts twice. */
function countOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1
  const inside = Object.values(value)
  return inside.length === 0 ? 2 : inside.reduce<number>((sum, one) => sum + countOf(one), 1)
}

t.test('the values of a JSON text are counted, and nothing inside its strings', async (t) => {
  const quoted = fc.string({ unit: fc.constantFrom('"', '\\', ',', '[', '{', 'é', '🔑', '\n') })
  const json = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.oneof(quoted, fc.integer(), fc.constantFrom(null, true)),
      fc.array(tie('value'), { maxLength: 6 }),
      fc.dictionary(quoted, tie('value'), { maxKeys: 6 }),
    ),
  })).value
  fc.assert(
    fc.property(json, fc.constantFrom(0, 2), (value, space) => {
      // White space at the end makes the text longer than the count, as only such texts are read.
      const text = Buffer.from(`${JSON.stringify(value, null, space)}${' '.repeat(1_000)}`)
      const count = countOf(value)
      const hasFewer = count > 1 && !hasMoreValues(text, count - 1)
      return !hasMoreValues(text, count) && !hasFewer
    }),
  )
  t.ok(true)
})

t.test('a text that is no JSON is read to its end and no further', async (t) => {
  for (const text of ['"', '"\\', '"\\"', '\\"', '"a""', '\\', 'x']) {
    t.equal(hasMoreValues(Buffer.from(text.padEnd(100)), 1), false, text)
    t.equal(hasMoreValues(Buffer.from(`[${text.padEnd(100)}`), 1), true, `[${text}`)
  }
})
