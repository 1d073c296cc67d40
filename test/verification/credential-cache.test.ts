import fc from 'fast-check'
import t from 'tap'
import { noUsage } from '../../src/domain/key/usage-counts.ts'
import {
  type AddressSet,
  addressSetOf,
  EMPTY_ADDRESS_SET,
} from '../../src/domain/network/address-set.ts'
import { InvalidationEpochs } from '../../src/domain/protocol/invalidation-epochs.ts'
import { ServiceError } from '../../src/errors.ts'
import { Freshness } from '../../src/freshness/freshness.ts'
import { timingOf } from '../../src/freshness/timing.ts'
import { permissionSetOf } from '../../src/store/tuning/permission-sets.ts'
import type { CachedCredential } from '../../src/verification/cached-credential.ts'
import { CredentialCache } from '../../src/verification/credential-cache.ts'
import { SingleFlight } from '../../src/verification/single-flight.ts'
import { propertyRuns } from '../helpers/property-runs.ts'

function entry(keyId: string, accountId: string, epoch: number): CachedCredential {
  return {
    facts: {
      id: keyId,
      accountId,
      platform: false,
      name: keyId,
      role: { id: 'role', name: 'role' },
      permissions: [],
      holds: new Set(),
      reach: 'anywhere',
      allowListIds: [],
      addresses: EMPTY_ADDRESS_SET,
      generation: 1,
      issuedAt: new Date(0),
      issuedFor: null,
      expiresAt: null,
      expiresAtText: null,
      disabledAt: null,
      revokedAt: null,
      released: false,
      endedAt: null,
      endsAt: null,
    },
    hash: '$argon2id$',
    isUsed: true,
    retiresOlder: false,
    uses: noUsage({ id: keyId, accountId }, new Date(0)),
    epoch,
  }
}

const moment = { monotonic: 0, wall: 0 }

/** A cache whose instance is registered and holds a lease. */
function leasedCache(maxEntries: number, maxBytes?: number) {
  const freshness = new Freshness(timingOf(30_000))
  freshness.registered({ revision: 1, id: 'origin', history: null })
  freshness.confirmed(freshness.beginCycle(moment))
  return { cache: new CredentialCache(maxEntries, freshness, () => moment, maxBytes), freshness }
}

t.test(
  'a change makes entries read before it stale, and only those of its key or account',
  async (t) => {
    const { cache, freshness } = leasedCache(10)
    const epoch = cache.epoch
    for (const [key, account] of [
      ['k1', 'a1'],
      ['k2', 'a1'],
      ['k3', 'a2'],
    ] as const) {
      cache.put(key, entry(key, account, epoch))
    }
    const current = () =>
      ['k1', 'k2', 'k3'].filter((key) => {
        const found = cache.find(key)
        return found !== undefined && cache.mayAnswer(found)
      })
    t.same(current(), ['k1', 'k2', 'k3'])
    freshness.invalidate([{ kind: 'key', id: 'k1' }])
    t.same(current(), ['k2', 'k3'])
    t.ok(cache.find('k1'), 'the entry stays: its digest was matched')
    freshness.invalidate([{ kind: 'account', id: 'a1' }])
    t.same(current(), ['k3'])
    cache.put('k1', entry('k1', 'a1', cache.epoch))
    t.same(current(), ['k1', 'k3'], 'a read begun after the change is good')
  },
)

t.test('a read that was in flight when a change came is never cached', async (t) => {
  const { cache, freshness } = leasedCache(10)
  const epoch = cache.epoch
  freshness.invalidate([{ kind: 'key', id: 'k1' }])
  cache.put('k1', entry('k1', 'a1', epoch))
  t.equal(cache.find('k1'), undefined)
  const other = cache.epoch
  cache.clear()
  cache.put('k2', entry('k2', 'a1', other))
  t.equal(cache.find('k2'), undefined, 'nor one that was under way when everything was forgotten')
})

t.test('an older read never replaces a fresher cache entry', async (t) => {
  const { cache, freshness } = leasedCache(10)
  const old = cache.epoch
  freshness.invalidate([{ kind: 'key', id: 'another' }])
  const fresh = entry('k1', 'a1', cache.epoch)
  cache.put('k1', fresh)
  cache.put('k1', entry('k1', 'a1', old))
  t.equal(cache.find('k1'), fresh)
})

t.test('the cache is bounded by entries and counts what it evicts', async (t) => {
  const { cache } = leasedCache(3)
  for (let index = 0; index < 10; index += 1) {
    cache.put(`k${index}`, entry(`k${index}`, 'a', cache.epoch))
  }
  t.equal(cache.size, 3)
  t.equal(cache.evictions, 7)
  t.ok(cache.find('k9'))
  t.notOk(cache.find('k0'))
})

/** An entry of a key with allow lists. */
function boundEntry(keyId: string, addresses: AddressSet, epoch: number): CachedCredential {
  const plain = entry(keyId, 'a', epoch)
  return { ...plain, facts: { ...plain.facts, reach: 'allow_lists', addresses } }
}

const ranges = (count: number) =>
  addressSetOf(
    Array.from({ length: count }, (_, index) => ({
      family: 6 as const,
      first: BigInt(2 * index),
      last: BigInt(2 * index),
    })),
  )

t.test('the cache is bounded by bytes as well as by entries', async (t) => {
  const maxBytes = 100_000
  const { cache } = leasedCache(1_000, maxBytes)
  for (let index = 0; index < 100; index += 1) {
    cache.put(`k${index}`, boundEntry(`k${index}`, ranges(300), cache.epoch))
    t.ok(cache.bytes <= maxBytes, `${cache.bytes} bytes`)
  }
  t.equal(cache.size, 8)
  t.equal(cache.evictions, 92)
  t.ok(cache.find('k99'))
  t.notOk(cache.find('k91'))
})

t.test(
  'the cache counts what entries share once, for as long as an entry refers to it',
  async (t) => {
    const { cache } = leasedCache(10)
    t.equal(cache.bytes, 0)
    const shared = ranges(1_000)
    const put = (name: string) => {
      const before = cache.bytes
      cache.put(name, boundEntry(name, shared, cache.epoch))
      return cache.bytes - before
    }
    const first = put('k1')
    const second = put('k2')
    t.ok(first > 32_000 && second < 2_000, `${first} bytes, then ${second}`)
    t.equal(put('k2'), 0, 'an entry takes the place of the one before')
    for (let index = 3; index <= 12; index += 1) {
      cache.put(`k${index}`, boundEntry(`k${index}`, EMPTY_ADDRESS_SET, cache.epoch))
    }
    t.ok(cache.bytes < 32_000, 'the addresses have gone with the last entry that had them')
    cache.clear()
    t.equal(cache.bytes, 0)
  },
)

t.test('an entry that alone is beyond the bound in bytes is not cached', async (t) => {
  const { cache } = leasedCache(10, 10_000)
  cache.put('k1', boundEntry('k1', ranges(1_000), cache.epoch))
  t.equal(cache.size, 0)
  t.equal(cache.bytes, 0)
})

t.test('the cache records recency once it is half full of bytes', async (t) => {
  const { cache } = leasedCache(1_000, 45_000)
  const put = (name: string) => cache.put(name, boundEntry(name, ranges(250), cache.epoch))
  for (const name of ['k0', 'k1', 'k2', 'k3']) put(name)
  cache.find('k0')
  put('k4')
  t.same(
    ['k0', 'k1', 'k2', 'k3', 'k4'].filter((name) => cache.find(name)),
    ['k0', 'k2', 'k3', 'k4'],
  )
})

t.test('the cache evicts the least recently used entry once it is half full', async (t) => {
  const { cache } = leasedCache(4)
  const put = (name: string) => cache.put(name, entry(name, 'a', cache.epoch))
  put('k0')
  cache.find('k0')
  for (const name of ['k1', 'k2', 'k3']) put(name)
  cache.find('k0')
  cache.find('k2')
  put('k4')
  put('k5')
  const left = ['k0', 'k1', 'k2', 'k3', 'k4', 'k5'].filter((name) => cache.find(name))
  t.same(left, ['k0', 'k2', 'k4', 'k5'])
})

t.test(
  'the invalidation epochs are bounded in number and never let a stale entry pass',
  async (t) => {
    const changes = fc.array(
      fc.record({
        kind: fc.constantFrom('key' as const, 'account' as const),
        id: fc.constantFrom('1', '2', '3', '4', '5'),
      }),
      { maxLength: 40 },
    )
    t.doesNotThrow(() =>
      fc.assert(
        fc.property(
          changes,
          fc.nat(40),
          fc.integer({ min: 1, max: 4 }),
          (all, readAfter, remembered) => {
            const epochs = new InvalidationEpochs(remembered)
            all.slice(0, readAfter).forEach((change) => {
              epochs.apply([change])
            })
            const { epoch } = epochs
            const later = all.slice(readAfter)
            later.forEach((change) => {
              epochs.apply([change])
            })
            return ['1', '2', '3', '4', '5'].every((id) => {
              const touched = later.some((change) => change.id === id)
              // The key and the account share the id, so that either kind of change touches it.
              return !(touched && epochs.isCurrent(epoch, { id, accountId: id }))
            })
          },
        ),
        propertyRuns,
      ),
    )
    const epochs = new InvalidationEpochs(2)
    epochs.apply([])
    t.equal(epochs.epoch, 0, 'no change takes no place')
  },
)

t.test(
  'concurrent callers of one key share one load, and its failure reaches each of them',
  async (t) => {
    const executions = new SingleFlight<number>(2)
    let started = 0
    const gate = Promise.withResolvers<number>()
    const work = () => {
      started += 1
      return gate.promise
    }
    const both = [executions.share('a', work), executions.share('a', work)]
    t.equal(started, 1)
    t.equal(executions.find('a'), both[0])
    gate.resolve(7)
    t.same(await Promise.all(both), [7, 7])
    t.equal(executions.size, 0)

    const failing = executions.share('a', () => Promise.reject(new Error('away')))
    await t.rejects(failing, { message: 'away' })
    t.equal(executions.size, 0, 'a failure is not kept')
  },
)

t.test('a load that is restarted replaces the one that later callers join', async (t) => {
  const executions = new SingleFlight<number>(2)
  const first = Promise.withResolvers<number>()
  const second = Promise.withResolvers<number>()
  const older = executions.start('a', () => first.promise)
  const newer = executions.start('a', () => second.promise)
  t.equal(executions.find('a'), newer)
  first.resolve(1)
  t.equal(await older, 1)
  t.equal(executions.find('a'), newer, 'the end of the older leaves the newer')
  second.resolve(2)
  t.equal(await newer, 2)
  t.equal(executions.find('a'), undefined)
})

t.test('more concurrent loads than the bound are refused', async (t) => {
  const executions = new SingleFlight<number>(1)
  const gate = Promise.withResolvers<number>()
  const only = executions.start('a', () => gate.promise)
  await t.rejects(
    executions.start('b', async () => 1),
    new ServiceError(
      'overloaded',
      'Too many first verifications are in progress. Try again later.',
    ),
  )
  gate.resolve(1)
  await only
  t.equal(await executions.start('b', async () => 2), 2)
})

t.test('keys with equal permissions share one permission set, sorted by name', (t) => {
  const set = permissionSetOf('cluster:read api_key:read')
  t.same(set.permissions, ['api_key:read', 'cluster:read'])
  t.same([...set.holds], set.permissions)
  t.equal(permissionSetOf(['cluster:read', 'api_key:read'].join(' ')), set)
  t.same(permissionSetOf('').permissions, [], 'a role may hold nothing')
  t.end()
})
