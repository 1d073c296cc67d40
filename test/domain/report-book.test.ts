import t from 'tap'
import { ReportBook } from '../../src/domain/edge/report-book.ts'

t.test('a report has the sums of each key, and what comes later is in the next one', async (t) => {
  const book = new ReportBook()
  t.equal(book.next(), undefined)
  const [one, same, other] = ['a', 'a', 'b'].map((apiKeyId) => uses(apiKeyId))
  for (const [used, at] of [
    [one, 1],
    [one, 5],
    [same, 3],
    [other, 4],
  ] as const) {
    if (used !== undefined) book.used(used, at)
  }
  book.denied('a', 'expired', '192.0.2.1', 6)
  book.denied('a', 'expired', '192.0.2.2', 7)
  book.denied('b', 'revoked', undefined, 8)
  const report = book.next()
  t.same(report, {
    number: 1,
    uses: [
      { apiKeyId: 'a', count: 3, lastUsedAtMs: 5 },
      { apiKeyId: 'b', count: 1, lastUsedAtMs: 4 },
    ],
    denials: [
      { apiKeyId: 'a', reason: 'expired', clientIp: '192.0.2.1', count: 2, lastDeniedAtMs: 7 },
      { apiKeyId: 'b', reason: 'revoked', count: 1, lastDeniedAtMs: 8 },
    ],
  })
  if (one !== undefined) book.used(one, 9)
  t.equal(book.next(), undefined, 'one report is under way at a time')
  book.reported(7)
  t.equal(book.next(), undefined)
  book.attached()
  t.equal(book.next(), report, 'the next stream is told the same')
  book.reported(1)
  t.same(book.next(), {
    number: 2,
    uses: [{ apiKeyId: 'a', count: 1, lastUsedAtMs: 9 }],
    denials: [],
  })
})

t.test('a report has 500 entries of each kind at most', async (t) => {
  const book = new ReportBook()
  for (let key = 0; key < 600; key += 1) {
    book.used(uses(`key ${key}`), 1)
    book.denied(`key ${key}`, 'revoked', undefined, 1)
  }
  t.match(book.next(), { uses: { length: 500 }, denials: { length: 500 } })
  book.reported(1)
  t.match(book.next(), { uses: { length: 100 }, denials: { length: 100 } })
})

t.test('denials are counted for so many keys, and how many were not is known', async (t) => {
  const book = new ReportBook()
  for (let key = 0; key < 10_002; key += 1) book.denied(`key ${key}`, 'revoked', undefined, 1)
  t.equal(book.uncounted, 2)
})

function uses(apiKeyId: string) {
  return { apiKeyId, count: 0, lastUsedAtMs: 0 }
}
