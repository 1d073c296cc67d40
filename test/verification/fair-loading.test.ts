import t from 'tap'
import { BatchLoader } from '../../src/verification/batch-loader.ts'
import { FairTurns } from '../../src/verification/fair-turns.ts'

const accountOf = (name: string) => name.slice(0, 1)

/** A loader that loads nothing before it is told to, and notes what each statement asks for. */
function heldLoader(options: { readonly maxWaiting: number; readonly maxAtOnce: number }) {
  const statements: string[][] = []
  const gate = Promise.withResolvers<void>()
  const loader = new BatchLoader<string, string>({
    ...options,
    keyOf: (name) => name,
    accountOf,
    load: async (names) => {
      statements.push([...names])
      await gate.promise
      return new Map(names.map((name) => [name, name.toUpperCase()]))
    },
  })
  return { loader, statements, release: () => gate.resolve() }
}

const turnOfTheLoop = () => new Promise(setImmediate)

t.test(
  'an account with a thousand reads costs another one statement of bounded size',
  async (t) => {
    const { loader, statements, release } = heldLoader({ maxWaiting: 5_000, maxAtOnce: 10 })
    const heavy = Array.from({ length: 1_000 }, (_, index) => loader.load(`a${index}`))
    await turnOfTheLoop()
    t.equal(statements.length, 1, 'a statement of the heavy account is under way')
    const late = loader.load('b')
    release()
    t.equal(await late, 'B')
    t.equal(statements.length, 2, 'the other account is in the very next statement')
    t.ok(statements.every((names) => names.length === 10))
    t.equal((await Promise.all(heavy)).at(-1), 'A999')
    t.equal(statements.length, 101)
  },
)

t.test('when too many reads wait, the account with the most is refused', async (t) => {
  const { loader, release } = heldLoader({ maxWaiting: 4, maxAtOnce: 1 })
  const first = loader.load('a0')
  await turnOfTheLoop()
  const outcomes = ['a1', 'a2', 'a3', 'a4', 'a5', 'b1'].map((name) =>
    loader.load(name).catch((error: { code: string }) => error.code),
  )
  release()
  t.equal(await first, 'A0')
  t.same(await Promise.all(outcomes), ['A1', 'A2', 'A3', 'overloaded', 'overloaded', 'B1'])
})

t.test('reads of the same thing share one statement, and a later read is a new one', async (t) => {
  const { loader, statements, release } = heldLoader({ maxWaiting: 10, maxAtOnce: 10 })
  const both = [loader.load('a1'), loader.load('a1')]
  await turnOfTheLoop()
  const later = loader.load('a1')
  release()
  t.same(await Promise.all([...both, later]), ['A1', 'A1', 'A1'])
  t.same(statements, [['a1'], ['a1']], 'an answer rests on a statement sent after its question')
})

t.test('a failed read reaches everybody who waits for it, and nobody else', async (t) => {
  let isAway = true
  const loader = new BatchLoader<string, string>({
    maxWaiting: 10,
    keyOf: (name) => name,
    load: async (names) => {
      if (isAway) throw new Error('away')
      return new Map(names.map((name) => [name, name]))
    },
  })
  const both = await Promise.allSettled([loader.load('a'), loader.load('b')])
  t.same(
    both.map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  isAway = false
  t.equal(await loader.load('a'), 'a')
})

t.test('heavy work leaves turns of the event loop to others, and accounts alternate', async (t) => {
  const turns = new FairTurns()
  const order: string[] = []
  const work = (name: string) =>
    turns.run(accountOf(name), () => {
      order.push(name)
      const endMs = performance.now() + 3
      while (performance.now() < endMs);
      return name
    })
  const heavy = Array.from({ length: 40 }, (_, index) => work(`a${index}`))
  const light = work('b0')
  let others = 0
  let isDone = false
  const count = () => {
    others += 1
    if (!isDone) setImmediate(count)
  }
  setImmediate(count)
  t.equal(await light, 'b0')
  t.same(order.slice(0, 2), ['a0', 'b0'])
  await Promise.all(heavy)
  isDone = true
  t.ok(others >= 15, `others had ${others} turns among 40 pieces of 3 ms`)
  t.equal(turns.waiting, 0)
  await t.rejects(
    turns.run('a', () => {
      throw new Error('no')
    }),
    { message: 'no' },
  )
  t.equal(await turns.run('a', () => 1), 1, 'a failure ends no turn')
})
