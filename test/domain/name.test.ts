import fc from 'fast-check'
import t from 'tap'
import { descriptionFault, NAME_RULES, nameFault, nameMessage } from '../../src/domain/name.ts'
import vectors from '../vectors/names.json' with { type: 'json' }

t.test('name validation agrees with the table of cases', async (t) => {
  for (const { text, max, fault } of vectors.names) {
    t.equal(nameFault(text, max) ?? null, fault, printable(text))
  }
})

t.test('description validation agrees with the table of cases', async (t) => {
  for (const { text, max, fault } of vectors.descriptions) {
    t.equal(descriptionFault(text, max) ?? null, fault, printable(text))
  }
})

t.test('every rule for names has its own message', async (t) => {
  t.equal(new Set(NAME_RULES.map(nameMessage)).size, NAME_RULES.length)
})

t.test('name validation agrees with Unicode for every single code unit', async (t) => {
  const refused: Record<string, number> = {}
  for (let unit = 0; unit <= 0xffff; unit++) {
    const fault = nameFault(`a${String.fromCharCode(unit)}b`, 3)
    if (fault !== undefined) refused[fault] = (refused[fault] ?? 0) + 1
  }
  t.same(refused, { control_character: 67, bidirectional_character: 12, lone_surrogate: 2048 })
})

t.test('an accepted name is unchanged by storing, trimming and counting it', async () => {
  const units = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(fc.integer({ min: 0, max: 0xffff })).map((all) => String.fromCharCode(...all)),
  )
  fc.assert(
    fc.property(units, fc.integer({ min: 1, max: 20 }), (text, max) => {
      if (nameFault(text, max) !== undefined) return true
      return (
        text.trim() === text &&
        Buffer.from(text).toString() === text &&
        [...text].length >= 1 &&
        [...text].length <= max &&
        descriptionFault(text, max) === undefined
      )
    }),
    { numRuns: 10_000 },
  )
})

/** Test names hold printable ASCII only: U+0085 among others breaks a line of TAP. */
function printable(text: string): string {
  return text.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
