import { test } from 'tap'
import { FairSemaphore, type Release } from '../../src/store/fair-semaphore.ts'

const limits = { max: 4, maxPerAccount: 3, maxWaiting: 100, maxWaitMs: 5_000 }

test('one account never holds all permits of a fair semaphore', async (t) => {
  const semaphore = new FairSemaphore(limits)
  const noisy = askMany(semaphore, 'noisy', 10)
  await settle()
  t.equal(noisy.granted.length, 3)
  t.equal(semaphore.waiting, 7)
  const release = await semaphore.acquire('quiet')
  t.equal(semaphore.held, 4)
  release()
  await settle()
  t.equal(noisy.granted.length, 3, 'the permit that comes free stays free for other accounts')
})

test('a fair semaphore grants permits to accounts in turn, each account in its order', async (t) => {
  const semaphore = new FairSemaphore({ ...limits, max: 1, maxPerAccount: 1 })
  const order: string[] = []
  const done: Promise<void>[] = []
  for (const name of ['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1']) {
    done.push(
      semaphore.acquire(name.charAt(0)).then(async (release) => {
        order.push(name)
        await settle()
        release()
      }),
    )
  }
  await Promise.all(done)
  t.same(order, ['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4'])
  t.equal(semaphore.held, 0)
  t.equal(semaphore.waiting, 0)
})

test('a full fair semaphore refuses the account with the most waiting requests', async (t) => {
  const semaphore = new FairSemaphore({ ...limits, max: 1, maxWaiting: 4 })
  const noisy = askMany(semaphore, 'noisy', 8)
  await settle()
  t.same(noisy.refused, ['overloaded', 'overloaded', 'overloaded'])
  const quiet = askMany(semaphore, 'quiet', 1)
  await settle()
  t.same(quiet.refused, [])
  t.equal(noisy.refused.length, 4, 'a request of the longer line gives way')
  noisy.granted[0]?.()
  await settle()
  t.equal(noisy.granted.length + quiet.granted.length, 2)
})

test('a request that waits too long for a fair semaphore fails as one that gets no connection', async (t) => {
  const semaphore = new FairSemaphore({ ...limits, max: 1, maxWaitMs: 20 })
  const release = await semaphore.acquire('a')
  await t.rejects(semaphore.acquire('b'), { name: 'ConnectionError' })
  t.equal(semaphore.waiting, 0)
  release()
  release()
  t.equal(semaphore.held, 0, 'a permit is given back once, however often it is released')
  const again = await semaphore.acquire('b')
  again()
})

test('a fair semaphore keeps its bounds for every order of requests and releases', async (t) => {
  for (let seed = 1; seed <= 50; seed += 1) {
    const random = generator(seed)
    const semaphore = new FairSemaphore({ ...limits, maxWaiting: 5 })
    const held: { account: string; release: Release }[] = []
    const pending: Promise<void>[] = []
    for (let step = 0; step < 200; step += 1) {
      const account = 'abc'.charAt(random(3))
      if (random(2) === 0) {
        pending.push(
          semaphore.acquire(account).then(
            (release) => void held.push({ account, release }),
            () => undefined,
          ),
        )
      } else {
        held.splice(random(held.length), 1)[0]?.release()
      }
      await settle()
      if (semaphore.held !== held.length) t.fail(`seed ${seed}: the count of permits is wrong`)
      if (semaphore.held > 4 || semaphore.waiting > 5) t.fail(`seed ${seed}: a bound is exceeded`)
      const ofOne = held.filter((one) => one.account === account).length
      if (ofOne > 3) t.fail(`seed ${seed}: an account holds more than its share`)
    }
    while (held.length > 0) {
      held.pop()?.release()
      await settle()
    }
    await Promise.all(pending)
    t.equal(semaphore.held + semaphore.waiting, 0, `seed ${seed}: nothing is left`)
  }
})

interface Asked {
  readonly granted: Release[]
  readonly refused: string[]
}

function askMany(semaphore: FairSemaphore, account: string, count: number): Asked {
  const asked: Asked = { granted: [], refused: [] }
  for (let index = 0; index < count; index += 1) {
    semaphore.acquire(account).then(
      (release) => void asked.granted.push(release),
      (error: { code: string }) => void asked.refused.push(error.code),
    )
  }
  return asked
}

function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** A linear congruential generator: the same numbers below `bound` in every run. */
function generator(seed: number): (bound: number) => number {
  let state = seed
  return (bound) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return bound === 0 ? 0 : Math.floor((state / 2_147_483_648) * bound)
  }
}
