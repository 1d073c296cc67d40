import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { ServiceError } from '../../src/errors.ts'
import { registerPeppers } from '../../src/setup/register-peppers.ts'
import { FairQueue } from '../../src/verification/fair-queue.ts'
import { createSecretHasher } from '../../src/verification/hashing/hasher.ts'
import { noPeppers, parsePeppers } from '../../src/verification/hashing/peppers.ts'
import {
  type HashProfileName,
  hashProfiles,
  isAffordable,
} from '../../src/verification/hashing/profile.ts'
import { WorkQueue } from '../../src/verification/hashing/work-queue.ts'
import { createTestDatabase, openTestDatabase } from '../helpers/database.ts'
import { startTestService } from '../helpers/service.ts'

const wide = { concurrency: 4, maxWaiting: 100 }

function hasher(profile: HashProfileName, peppers = noPeppers) {
  return createSecretHasher({
    profile: hashProfiles[profile],
    peppers,
    queue: new WorkQueue(wide),
    randomBytes,
  })
}

const pepper = (byte: number) => Buffer.alloc(32, byte).toString('base64')

t.test('a hash matches only its own secret, in each profile', async (t) => {
  for (const [name, cost] of [
    ['random', 'm=1024,t=1,p=1'],
    ['password', 'm=19456,t=2,p=1'],
  ] as const) {
    const { hash, matches } = hasher(name)
    const stored = await hash('a', 'secret')
    t.ok(stored.hash.startsWith(`$argon2id$v=19$${cost}$`), stored.hash.slice(0, 30))
    t.equal(stored.hashProfile, hashProfiles[name].version)
    t.equal(stored.pepperId, null)
    t.ok(await matches('a', stored, 'secret'))
    t.notOk(await matches('a', stored, 'Secret'))
    t.not((await hash('a', 'secret')).hash, stored.hash, 'each has a salt of its own')
  }
})

t.test('a peppered hash verifies only with the pepper of its id', async (t) => {
  const old = hasher('random', parsePeppers(`old:${pepper(1)}`))
  const both = hasher('random', parsePeppers(`new:${pepper(2)}\nold:${pepper(1)}`))
  const stored = await old.hash('a', 'secret')
  t.equal(stored.pepperId, 'old')
  t.ok(await both.matches('a', stored, 'secret'), 'an older pepper verifies')
  t.equal((await both.hash('a', 'secret')).pepperId, 'new', 'the first makes new hashes')
  t.notOk(await hasher('random').matches('a', { ...stored, pepperId: null }, 'secret'))
  await t.rejects(
    hasher('random').matches('a', stored, 'secret'),
    { code: 'unavailable' },
    'no denial',
  )
  t.notOk(hasher('random').knowsPepperOf(stored))
  t.ok(old.knowsPepperOf(stored))
  const bare = await hasher('random').hash('a', 'secret')
  t.ok(
    await both.matches('a', bare, 'secret'),
    'a hash without pepper stays good when one is introduced',
  )
})

t.test('a start requires the same peppers that keys were made with', async (t) => {
  const database = await createTestDatabase()
  t.teardown(() => database.drop())
  const { db } = openTestDatabase(database.url)
  t.teardown(() => db.destroy())
  const register = (...lines: readonly string[]) =>
    registerPeppers(
      { now: () => new Date(), randomBytes },
      db,
      lines.length === 0 ? noPeppers : parsePeppers(lines.join('\n')),
    )
  const [a, b] = [`a:${pepper(1)}`, `b:${pepper(2)}`]
  await register(a)
  await register(a, b)
  await register(b)
  await register()
  await t.rejects(register(`a:${pepper(3)}`, b), {
    message:
      'PEPPER_FILE does not match the database: pepper a differs from the pepper that keys use.',
  })
  const { rootToken } = await startTestService(t, {
    database,
    settings: { PEPPER_FILE: await pepperFile(t, a) },
  })
  t.ok(rootToken)
  await register(a)
  for (const without of [[], [b]]) {
    await t.rejects(register(...without), {
      message:
        'PEPPER_FILE does not match the database: pepper a is missing, but keys use the pepper.',
    })
  }
})

async function pepperFile(t: Test, text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'aeon-keys-peppers-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'peppers')
  await writeFile(path, text)
  return path
}

t.test('a pepper file is parsed by line, and its errors never quote its content', async (t) => {
  const { current, byId } = parsePeppers(`# current\n\nb:${pepper(2)}\r\na:${pepper(1)}\n`)
  t.equal(current?.id, 'b')
  t.same([...byId.keys()], ['b', 'a'])
  t.throws(() => parsePeppers(''), { message: 'the file contains no pepper' })
  t.throws(() => parsePeppers(`a:${pepper(1)}\na:${pepper(2)}`), {
    message: 'line 2 repeats the id of an earlier line',
  })
  for (const line of ['c2hvcnQ=', 'a:c2hvcnQ=', `a b:${pepper(1)}`, `:${pepper(1)}`]) {
    t.throws(() => parsePeppers(line), {
      message: 'line 1 must be id:base64 with at least 32 bytes',
    })
  }
})

t.test('a stored hash of another kind or beyond the bounds is not computed', async (t) => {
  const tail = '$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g'
  t.ok(isAffordable(`$argon2id$v=19$m=1024,t=1,p=1${tail}`))
  for (const head of [
    '$argon2id$v=19$m=1048576,t=1,p=1',
    '$argon2id$v=19$m=1024,t=11,p=1',
    '$argon2id$v=19$m=1024,t=1,p=5',
    '$argon2i$v=19$m=1024,t=1,p=1',
    '$argon2id$v=16$m=1024,t=1,p=1',
    '$2b$10',
    '',
  ]) {
    t.notOk(isAffordable(head + tail), head)
  }
  const { matches, queue } = hasher('random')
  const planted = {
    hash: `$argon2id$v=19$m=1048576,t=1,p=1${tail}`,
    hashProfile: 1,
    pepperId: null,
  }
  t.notOk(await matches('a', planted, 'secret'))
  t.equal(queue.completed, 0)
})

t.test('the hash queue limits concurrent and waiting tasks', async (t) => {
  const queue = new WorkQueue({ concurrency: 2, maxWaiting: 1 })
  const gates = [1, 2, 3].map(() => Promise.withResolvers<void>())
  const begun: number[] = []
  const tasks = gates.map((gate, index) =>
    queue.run('a', async () => {
      begun.push(index)
      await gate.promise
      return index
    }),
  )
  await new Promise(setImmediate)
  t.same(begun, [0, 1])
  t.same([queue.running, queue.waiting], [2, 1])
  await t.rejects(
    queue.run('a', async () => 3),
    new ServiceError('overloaded', 'Too many first verifications are waiting. Try again later.'),
  )
  for (const gate of gates) gate.resolve()
  t.same(await Promise.all(tasks), [0, 1, 2])
  t.same([queue.running, queue.waiting, queue.completed], [0, 0, 3])
  await t.rejects(
    queue.run('a', () => Promise.reject(new Error('no'))),
    { message: 'no' },
  )
  t.equal(await queue.run('a', async () => 4), 4, 'a failure gives its place back')
})

t.test(
  'the hash queue refuses tasks that would wait too long, by the measured task time',
  async (t) => {
    const taskMs = 20
    const queue = new WorkQueue({ concurrency: 1, maxWaiting: 1_000, maxWaitMs: 100 })
    const run = () => queue.run('a', () => new Promise((resolve) => setTimeout(resolve, taskMs)))
    for (let done = 0; done < 60; done += 1) await run()
    const learnt = queue.completed
    let refusedAtOnce = 0
    const refuse = (error: unknown) => {
      t.match(error, { code: 'overloaded' })
      if (queue.completed === learnt) refusedAtOnce += 1
    }
    await Promise.all(Array.from({ length: 50 }, () => run().catch(refuse)))
    t.ok(queue.completed > learnt, 'some are served')
    t.ok(refusedAtOnce >= 30, `${refusedAtOnce} of 50 were refused before the first was done`)
    t.equal(queue.waiting, 0)
  },
)

t.test('the hash queue refuses a task that waited too long when its turn comes', async (t) => {
  const queue = new WorkQueue({ concurrency: 1, maxWaiting: 10, maxWaitMs: 50 })
  const gate = Promise.withResolvers<void>()
  const running = queue.run('a', () => gate.promise)
  const late = queue.run('a', async () => 'late')
  setTimeout(gate.resolve, 100)
  await t.rejects(late, { code: 'overloaded' })
  await running
  t.equal(await queue.run('a', async () => 'next'), 'next')
})

t.test(
  'accounts take turns in the hash queue, and the one with the most waiting makes room',
  async (t) => {
    const queue = new WorkQueue({ concurrency: 1, maxWaiting: 4 })
    const gate = Promise.withResolvers<void>()
    const done: string[] = []
    const refused: string[] = []
    const run = (name: string) =>
      queue
        .run(name.slice(0, 1), async () => void done.push(name))
        .catch((error: unknown) => {
          t.match(error, { code: 'overloaded' })
          refused.push(name)
        })
    const running = queue.run('a', () => gate.promise)
    const tasks = ['a1', 'a2', 'a3', 'a4', 'a5', 'b1', 'b2', 'c1', 'c2', 'd1', 'd2'].map(run)
    await new Promise(setImmediate)
    t.same(refused, ['a5', 'a4', 'a3', 'a2', 'c2', 'b2', 'd2'])
    t.equal(queue.waiting, 4)
    gate.resolve()
    await Promise.all([running, ...tasks])
    t.same(done, ['a1', 'b1', 'c1', 'd1'])
  },
)

t.test('the fair queue serves accounts in turns for any sequence of tasks', (t) => {
  const max = 6
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', 'b', 'c', 'd', undefined)), (steps) => {
      const queue = new FairQueue<string>(max)
      const waiting = new Map<string, string[]>()
      const turns: string[] = []
      const of = (account: string) => waiting.get(account) ?? []
      for (const [index, account] of steps.entries()) {
        if (account === undefined) {
          const turn = turns.shift()
          const expected = turn === undefined ? undefined : of(turn).shift()
          if (turn !== undefined && of(turn).length > 0) turns.push(turn)
          if (queue.next() !== expected) return false
          continue
        }
        const item = `${account}${index}`
        const gone = queue.add(account, item)
        if (gone !== item) {
          if (of(account).length === 0) turns.push(account)
          waiting.set(account, [...of(account), item])
        }
        if (gone === undefined) continue
        const loser = gone.slice(0, 1)
        const mine = of(loser).length + (gone === item ? 1 : 0)
        const longest = Math.max(...[...waiting.values()].map(({ length }) => length))
        if (queue.size !== max || mine < longest) return false
        if (gone !== item && (of(loser).pop() !== gone || of(account).length >= mine)) return false
      }
      return queue.size === [...waiting.values()].flat().length
    }),
    { numRuns: 500 },
  )
  t.end()
})
