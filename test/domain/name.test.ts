import fc from 'fast-check'
import t from 'tap'
import { descriptionFault, NAME_RULES, nameFault, nameMessage } from '../../src/domain/name.ts'
import { caselessSkeletonOf, skeletonOf } from '../../src/domain/name-skeleton.ts'
import { builtInRoleLike } from '../../src/domain/role.ts'
import { propertyRuns } from '../helpers/property-runs.ts'
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
  const messages = NAME_RULES.map((rule) => nameMessage(rule, '', 3))
  t.equal(new Set(messages).size, NAME_RULES.length)
})

t.test('name validation agrees with Unicode for every single code unit', async (t) => {
  const refused: Record<string, number> = {}
  for (let unit = 0; unit <= 0xffff; unit++) {
    const fault = nameFault(`a${String.fromCharCode(unit)}b`, 3)
    if (fault !== undefined) refused[fault] = (refused[fault] ?? 0) + 1
  }
  // What is assigned grows with Unicode, marks included; the 6400 for private use stay.
  const { unassigned_character: unassigned = 0, stray_mark: marks = 0, ...others } = refused
  t.ok(unassigned > 6400)
  t.ok(marks > 500, `${marks} marks of other scripts do not stand on a Latin letter`)
  t.same(others, {
    control_character: 67,
    bidirectional_character: 12,
    lone_surrogate: 2048,
    invisible_character: 72,
  })
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
    propertyRuns,
  )
})

t.test('the message for a refused name states its invisible character', async (t) => {
  for (const [text, message] of [
    ['a\u200bb', 'U+200B'],
    ['\u{1f468}\u200d\u{1f4bb}\u200d', 'U+200D'],
    ['a\u{e0041}', 'U+E0041'],
    ['\ue000', 'U+E000'],
    ['a\u202eb', 'U+202E'],
  ] as const) {
    const rule = nameFault(text, 20)
    t.match(rule && nameMessage(rule, text, 20), message, printable(text))
  }
})

t.test('names that look the same have one skeleton', async (t) => {
  for (const [first = '', ...others] of vectors.alike) {
    for (const other of others) t.equal(skeletonOf(other), skeletonOf(first), printable(other))
  }
  for (const [first = '', ...others] of vectors.caseless) {
    for (const other of others) {
      t.equal(caselessSkeletonOf(other), caselessSkeletonOf(first), printable(other))
    }
  }
  t.equal(new Set(vectors.different.map(skeletonOf)).size, vectors.different.length)
})

t.test('the names of built-in roles have no look-alikes', async (t) => {
  for (const [name, like] of vectors.builtIn) {
    t.equal(builtInRoleLike(name ?? '') ?? null, like, printable(name ?? ''))
  }
})

t.test('v and w beside each other are read alike, however they are paired', async (t) => {
  for (const name of ['vw', 'wv', 'vvv']) t.equal(skeletonOf(name), skeletonOf('vvv'), name)
  for (const name of ['Vvv', 'vVV', 'VVV', 'Vw', 'wV', 'VW']) {
    t.equal(caselessSkeletonOf(name), caselessSkeletonOf('vvv'), name)
  }
})

t.test('a skeleton is one of all that is written differently and read alike', async () => {
  const texts = fc.string({ unit: 'binary', maxLength: 12 })
  const invisible = fc.constantFrom('\u200b', '\u2060', '\u3164', '\u00ad', '\u{e0100}')
  fc.assert(
    fc.property(texts, (text) => {
      const skeleton = skeletonOf(text)
      return (
        skeletonOf(text.normalize('NFC')) === skeleton &&
        skeletonOf(text.normalize('NFD')) === skeleton
      )
    }),
    propertyRuns,
  )
  const ascii = fc.string({ unit: 'grapheme-ascii', maxLength: 20 })
  fc.assert(
    fc.property(ascii, invisible, fc.nat(20), (text, unseen, at) => {
      const hidden = text.slice(0, at) + unseen + text.slice(at)
      return (
        skeletonOf(hidden) === skeletonOf(text) &&
        caselessSkeletonOf(text.toUpperCase()) === caselessSkeletonOf(text) &&
        caselessSkeletonOf(text.toLowerCase()) === caselessSkeletonOf(text)
      )
    }),
    propertyRuns,
  )
})

/** Test names hold printable ASCII only: U+0085 among others breaks a line of TAP. */
function printable(text: string): string {
  return text.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
