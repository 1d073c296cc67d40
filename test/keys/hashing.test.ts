import { randomBytes } from 'node:crypto'
import t from 'tap'
import { ServiceError } from '../../src/errors.ts'
import { createSecretHasher } from '../../src/keys/hashing/hasher.ts'
import { noPeppers, readPeppers } from '../../src/keys/hashing/peppers.ts'
import { type HashProfileName, hashProfiles, isAffordable } from '../../src/keys/hashing/profile.ts'
import { WorkQueue } from '../../src/keys/hashing/work-queue.ts'

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

t.test('a hash matches its secret only, in each profile', async (t) => {
  for (const [name, cost] of [
    ['random', 'm=1024,t=1,p=1'],
    ['password', 'm=19456,t=2,p=1'],
  ] as const) {
    const { hash, matches } = hasher(name)
    const stored = await hash('secret')
    t.ok(stored.hash.startsWith(`$argon2id$v=19$${cost}$`), stored.hash.slice(0, 30))
    t.equal(stored.hashProfile, hashProfiles[name].version)
    t.equal(stored.pepperId, null)
    t.ok(await matches(stored, 'secret'))
    t.notOk(await matches(stored, 'Secret'))
    t.not((await hash('secret')).hash, stored.hash, 'each has a salt of its own')
  }
})

t.test('a peppered hash needs its own pepper, by id', async (t) => {
  const old = hasher('random', readPeppers(`old:${pepper(1)}`))
  const both = hasher('random', readPeppers(`new:${pepper(2)}\nold:${pepper(1)}`))
  const stored = await old.hash('secret')
  t.equal(stored.pepperId, 'old')
  t.ok(await both.matches(stored, 'secret'), 'an older pepper verifies')
  t.equal((await both.hash('secret')).pepperId, 'new', 'the first makes new hashes')
  t.notOk(await hasher('random').matches({ ...stored, pepperId: null }, 'secret'))
  await t.rejects(hasher('random').matches(stored, 'secret'), { code: 'unavailable' }, 'no denial')
  t.notOk(hasher('random').knowsPepperOf(stored))
  t.ok(old.knowsPepperOf(stored))
  const bare = await hasher('random').hash('secret')
  t.ok(
    await both.matches(bare, 'secret'),
    'a hash without pepper stays good when one is introduced',
  )
})

t.test('a pepper file is read by line, and its faults never repeat what it holds', async (t) => {
  const { current, byId } = readPeppers(`# current\n\nb:${pepper(2)}\r\na:${pepper(1)}\n`)
  t.equal(current?.id, 'b')
  t.same([...byId.keys()], ['b', 'a'])
  t.throws(() => readPeppers(''), { message: 'it holds no pepper' })
  t.throws(() => readPeppers(`a:${pepper(1)}\na:${pepper(2)}`), {
    message: 'line 2 repeats the id of another line',
  })
  for (const line of ['c2hvcnQ=', 'a:c2hvcnQ=', `a b:${pepper(1)}`, `:${pepper(1)}`]) {
    t.throws(() => readPeppers(line), {
      message: 'line 1 is not id:base64 of at least 32 bytes',
    })
  }
})

t.test('a stored hash beyond our bounds, or of another kind, is not computed', async (t) => {
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
  t.notOk(await matches(planted, 'secret'))
  t.equal(queue.completed, 0)
})

t.test(
  'the queue runs so many at once, keeps the order, and refuses what is too much',
  async (t) => {
    const queue = new WorkQueue({ concurrency: 2, maxWaiting: 1 })
    const gates = [1, 2, 3].map(() => Promise.withResolvers<void>())
    const begun: number[] = []
    const tasks = gates.map((gate, index) =>
      queue.run(async () => {
        begun.push(index)
        await gate.promise
        return index
      }),
    )
    await new Promise(setImmediate)
    t.same(begun, [0, 1])
    t.same([queue.running, queue.waiting], [2, 1])
    await t.rejects(
      queue.run(async () => 3),
      new ServiceError('overloaded', 'Too many first verifications are waiting.'),
    )
    for (const gate of gates) gate.resolve()
    t.same(await Promise.all(tasks), [0, 1, 2])
    t.same([queue.running, queue.waiting, queue.completed], [0, 0, 3])
    await t.rejects(
      queue.run(() => Promise.reject(new Error('no'))),
      { message: 'no' },
    )
    t.equal(await queue.run(async () => 4), 4, 'a failure gives its place back')
  },
)
