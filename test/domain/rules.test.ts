import fc from 'fast-check'
import t from 'tap'
import { grantRefusal } from '../../src/domain/grant.ts'
import { type KeyState, statusOf } from '../../src/domain/key/api-key.ts'
import { parseAddress } from '../../src/domain/network/address.ts'
import { addressSetOf, EMPTY_ADDRESS_SET } from '../../src/domain/network/address-set.ts'
import { entryFaults, rangesOf, widens } from '../../src/domain/network/allow-list.ts'
import { decodeCursor, encodeCursor, parseSort, type Sort } from '../../src/domain/page.ts'
import { effectivePermissions, isPermission, parseCatalogue } from '../../src/domain/permission.ts'
import aeon from '../../src/domain/permissions.aeon.json' with { type: 'json' }
import { userStateOf } from '../../src/domain/person/user-state.ts'
import { actorOf, actorSeenBy, type KeyPrincipal, system } from '../../src/domain/principal.ts'
import { builtInRoles, foldRoleName } from '../../src/domain/role.ts'
import {
  type Attempt,
  type DenialReason,
  denialReasons,
  judge,
  type KeyFacts,
} from '../../src/domain/verdict.ts'
import { propertyRuns } from '../helpers/property-runs.ts'

const now = new Date('2026-11-23T12:00:00Z')
const before = new Date(now.getTime() - 1)
const after = new Date(now.getTime() + 1)
const account = '0192f3a4-5b6c-7d8e-9f01-23456789abcd'

const goodKey: KeyFacts = {
  id: '0192f3a4-0000-7000-8000-000000000001',
  accountId: account,
  platform: false,
  name: 'key',
  role: { id: '0192f3a4-0000-7000-8000-000000000002', name: 'developer' },
  permissions: ['cluster:read'],
  holds: new Set(['cluster:read']),
  reach: 'allow_lists',
  allowListIds: ['0192f3a4-0000-7000-8000-000000000003'],
  addresses: addressSetOf(rangesOf(['10.0.0.0/8'])),
  generation: 1,
  issuedAt: new Date(0),
  issuedFor: null,
  expiresAt: after,
  expiresAtText: after.toISOString(),
  disabledAt: null,
  revokedAt: null,
  released: false,
  endedAt: null,
  endsAt: null,
}
const goodAttempt: Attempt = {
  address: parseAddress('10.1.2.3'),
  permissions: ['cluster:read'],
  accountId: account,
}

/**
 * Each fault that a key or an attempt can have, with the reason that it must give, in the order of
 * the API.
 */
const faults: readonly {
  readonly reason: DenialReason
  readonly key?: Partial<KeyFacts>
  readonly attempt?: Partial<Attempt>
}[] = [
  { reason: 'revoked', key: { revokedAt: after } },
  { reason: 'disabled', key: { disabledAt: after } },
  { reason: 'rotated', key: { endedAt: after } },
  { reason: 'expired', key: { expiresAt: now } },
  { reason: 'expired', key: { expiresAt: after, released: true } },
  { reason: 'wrong_account', attempt: { accountId: '0192f3a4-0000-7000-8000-00000000000f' } },
  { reason: 'address_not_allowed', attempt: { address: undefined } },
  {
    reason: 'insufficient_permissions',
    attempt: { permissions: ['cluster:read', 'cluster:create'] },
  },
]

t.test('a sound key is valid, and each single fault gives its own denial reason', async (t) => {
  t.same(judge(goodKey, goodAttempt, now), { valid: true, key: goodKey })
  for (const { reason, key, attempt } of faults) {
    const facts = { ...goodKey, ...key }
    const verdict = judge(facts, { ...goodAttempt, ...attempt }, now)
    t.same(verdict, { valid: false, reason, key: facts }, reason)
  }
})

t.test('of several faults the verdict gives the first in the documented order', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.subarray([...faults]), (chosen) => {
        const key = Object.assign({}, goodKey, ...chosen.map((fault) => fault.key))
        const attempt = Object.assign({}, goodAttempt, ...chosen.map((fault) => fault.attempt))
        const expected = denialReasons.find((reason) =>
          chosen.some((fault) => fault.reason === reason),
        )
        const verdict = judge(key, attempt, now)
        return verdict.valid ? expected === undefined : verdict.reason === expected
      }),
      propertyRuns,
    ),
  )
})

const times = fc.constantFrom(null, before, now, after)
const permissions = fc.subarray(['a:b', 'c:d', 'e:f'])

t.test('judge agrees with the verdict rules written as one condition', async (t) => {
  const keys = fc.record({
    expiresAt: times,
    disabledAt: times,
    revokedAt: times,
    endedAt: times,
    reach: fc.constantFrom('anywhere' as const, 'allow_lists' as const),
    entries: fc.constantFrom([], ['10.0.0.0/8'], ['::/0']),
    holds: permissions.map((names) => new Set(names)),
  })
  const attempts = fc.record({
    address: fc.constantFrom(
      undefined,
      ...['10.0.0.1', '11.0.0.1', '::1', '::ffff:10.9.9.9'].map(parseAddress),
    ),
    permissions,
    accountId: fc.constantFrom(undefined, account, '0192f3a4-0000-7000-8000-00000000000f'),
  })
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(keys, attempts, ({ entries, ...facts }, attempt) => {
        const ranges = rangesOf(entries)
        const key = { ...goodKey, ...facts, addresses: addressSetOf(ranges) }
        const inside =
          attempt.address !== undefined &&
          ranges.some(
            (range) =>
              range.family === attempt.address?.family &&
              range.first <= attempt.address.value &&
              attempt.address.value <= range.last,
          )
        const good =
          !(key.revokedAt || key.disabledAt || key.endedAt) &&
          (key.expiresAt === null || now < key.expiresAt) &&
          (attempt.accountId ?? account) === account &&
          (key.reach === 'anywhere' || inside) &&
          attempt.permissions.every((name) => key.holds.has(name))
        return judge(key, attempt, now).valid === good
      }),
      propertyRuns,
    ),
  )
})

t.test('a key that may be used from anywhere needs no address', async (t) => {
  const key: KeyFacts = { ...goodKey, reach: 'anywhere', addresses: EMPTY_ADDRESS_SET }
  t.ok(judge(key, { ...goodAttempt, address: undefined }, now).valid)
})

t.test('the status of a key has the precedence of the verdict', async (t) => {
  const cases: [Partial<KeyState>, string][] = [
    [{}, 'active'],
    [{ expiresAt: after }, 'active'],
    [{ expiresAt: now }, 'expired'],
    [{ expiresAt: after, released: true }, 'expired'],
    [{ expiresAt: now, disabledAt: before }, 'disabled'],
    [{ expiresAt: now, disabledAt: before, revokedAt: before }, 'revoked'],
  ]
  for (const [state, status] of cases) {
    const key = { expiresAt: null, disabledAt: null, revokedAt: null, released: false, ...state }
    t.equal(statusOf(key, now), status, JSON.stringify(state))
  }
})

t.test('a caller cannot grant a permission that they do not hold', async (t) => {
  const free = { holds: new Set(['a:b']), reach: 'anywhere' as const, allowListIds: [] }
  const bound = { ...free, reach: 'allow_lists' as const, allowListIds: ['one', 'two'] }
  const anywhere = { permissions: ['a:b'], reach: 'anywhere' as const, allowListIds: [] }
  const through = (...allowListIds: string[]) => ({
    ...anywhere,
    reach: 'allow_lists' as const,
    allowListIds,
  })
  t.equal(grantRefusal(free, anywhere), undefined)
  t.equal(grantRefusal(free, through('three')), undefined)
  t.same(grantRefusal(free, { ...anywhere, permissions: ['a:b', 'c:d'] }), {
    kind: 'permissions',
    missing: ['c:d'],
  })
  t.same(grantRefusal(bound, anywhere), { kind: 'reach' })
  t.same(grantRefusal(bound, through('one', 'three')), { kind: 'reach' })
  t.equal(grantRefusal(bound, through('one')), undefined)
})

t.test('an allow list is widened by any range outside its entries', async (t) => {
  const old = ['10.0.0.0/8', '2001:db8::/32']
  t.notOk(widens(old, ['10.0.0.0/8']))
  t.notOk(widens(old, ['10.1.0.0/16', '::ffff:10.2.0.1', '2001:db8:1::/48']))
  t.ok(widens(old, ['10.0.0.0/7']))
  t.ok(widens(old, [...old, '192.0.2.1']))
  t.same(
    entryFaults(['10.0.0.1', '10.0.0.1/8', 'x']).map(({ index, rule }) => [index, rule]),
    [
      [1, 'host_bits'],
      [2, 'not_an_address'],
    ],
  )
  t.same(rangesOf(['nonsense']), [], 'what does not parse covers nothing')
})

t.test(
  'the built-in permission catalogue is consistent with the service’s own permissions',
  async (t) => {
    const catalogue = parseCatalogue(aeon)
    t.same(
      catalogue.filter((entry) => entry.scope === 'platform').map((entry) => entry.name),
      [
        'account:act_as',
        'account:create',
        'account:read',
        'account:update',
        'api_key:verify',
        'instance:read',
      ],
    )
    const names = (platform: boolean) =>
      Object.fromEntries(
        builtInRoles(catalogue, platform).map((role) => [role.name, role.permissions]),
      )
    const tenant = names(false)
    t.same(Object.keys(tenant), ['admin', 'developer', 'viewer'])
    t.notOk(tenant.admin?.some((name) => name.startsWith('account:') || name === 'api_key:verify'))
    t.ok(tenant.admin?.includes('api_key:create'))
    t.notOk(
      tenant.developer?.some(
        (name) => /^(api_key|account_user|billing_profile):/.test(name) && !/:read$/.test(name),
      ),
    )
    t.ok(tenant.developer?.includes('cluster:delete'))
    t.ok(tenant.viewer?.every((name) => name.endsWith(':read')))
    const platform = names(true)
    t.same(platform.verifier, ['api_key:verify'])
    t.ok(platform.admin?.includes('account:create'))
    t.ok(platform.admin?.includes('cluster:delete'))
  },
)

t.test('a contradictory permission catalogue is refused with every fault named', async (t) => {
  const entry = {
    name: 'x:read',
    title: 'x',
    description: '',
    scope: 'account',
    sensitive: false,
    implies: [] as string[],
    roles: [] as string[],
    aeon: null,
  }
  const faulty = {
    permissions: [
      { ...entry, implies: ['y:read', 'account:read'] },
      entry,
      { ...entry, name: 'api_key:read' },
      { ...entry, name: 'z:all', scope: 'platform', roles: ['viewer'] },
    ],
  }
  t.throws(() => parseCatalogue(faulty), {
    message:
      /api_key:read must be defined only once.*x:read implies y:read, which the catalogue does not define.*implies account:read, which is a platform permission.*x:read must be defined only once.*z:all is a platform permission/,
  })
  t.throws(() => parseCatalogue({ permissions: [{ ...entry, name: 'X', sensitive: 1 }] }), {
    message: /\/permissions\/0\/name.*\/permissions\/0\/sensitive/,
  })
  t.throws(() => parseCatalogue(null))
})

t.test('a user is awaited, active or lapsed by the sign-in and the mapped role', async (t) => {
  const stateOf = (mappedUntil: Date | null, signedInAt: Date | null) =>
    userStateOf({ mappedUntil, person: { signedInAt } }, now)
  t.equal(stateOf(null, null), 'awaited')
  t.equal(stateOf(null, before), 'active')
  t.equal(stateOf(after, null), 'active', 'a JWT is no sign-in')
  t.equal(stateOf(now, before), 'lapsed')
})

t.test('a permission name is a resource and an operation', async (t) => {
  for (const good of ['cluster:read', 'a:b', `a_1:${'b'.repeat(63)}`])
    t.ok(isPermission(good), good)
  for (const bad of [
    '',
    'cluster',
    'cluster:',
    ':read',
    'Cluster:read',
    'cluster:read ',
    'a:b:c',
  ]) {
    t.notOk(isPermission(bad), `'${bad}'`)
  }
  t.notOk(isPermission(`a:${'b'.repeat(64)}`), 'an operation of 64 letters')
})

t.test('implied permissions are included once each, even in a cycle', async (t) => {
  const entry = (name: string, implies: string[], scope: 'account' | 'platform' = 'account') => ({
    name,
    title: name,
    description: '',
    scope,
    sensitive: false,
    implies,
    roles: [],
    aeon: null,
  })
  const catalogue = [
    entry('a:a', ['b:b']),
    entry('b:b', ['c:c']),
    entry('c:c', ['a:a']),
    entry('p:p', ['c:c'], 'platform'),
  ]
  t.same(effectivePermissions(catalogue, ['b:b', 'unknown:x']), {
    account: ['a:a', 'b:b', 'c:c'],
    platform: [],
  })
  t.same(effectivePermissions(catalogue, ['p:p']), {
    account: ['a:a', 'b:b', 'c:c'],
    platform: ['p:p'],
  })
})

t.test('role names are equal regardless of case and Unicode composition', async (t) => {
  t.equal(foldRoleName('ADMIN'), foldRoleName('admin'))
  t.equal(foldRoleName('E\u0301'), foldRoleName('\u00e9'))
})

t.test('the actor of an act is its acting user, or else its key', async (t) => {
  const principal = (
    key: Partial<KeyFacts>,
    actingUser?: KeyPrincipal['actingUser'],
  ): KeyPrincipal => ({
    kind: 'key',
    key: { ...goodKey, ...key },
    address: undefined,
    actingUser,
    session: undefined,
    requestId: 'r1',
    epoch: 0,
    readAt: undefined,
    authorityRenewed: false,
  })
  t.same(actorOf(system), { kind: 'system', id: null, name: null })
  t.same(actorOf(principal({})), { kind: 'api_key', id: goodKey.id, name: 'key' })
  const platform = actorOf(principal({ platform: true }))
  t.same(platform, { kind: 'platform', id: goodKey.id, name: 'key' })
  t.same(actorSeenBy(platform, false), { kind: 'platform', id: null, name: null })
  t.same(actorSeenBy(platform, true), platform)
  const user = actorOf(principal({ platform: true }, { id: 'u1', name: 'Ada' }))
  t.same(user, { kind: 'user', id: 'u1', name: 'Ada' })
  t.same(actorSeenBy(user, false), user)
})

t.test('a page cursor decodes to its position, for its own list and sort only', async (t) => {
  const sorts: Sort[] = ['created_at', '-created_at', 'name', '-name', 'expires_at', '-expires_at']
    .map(parseSort)
    .filter((sort) => sort !== undefined)
  t.equal(sorts.length, 6)
  t.equal(parseSort('id'), undefined)
  t.equal(parseSort('--name'), undefined)
  const id = goodKey.id
  for (const sort of sorts) {
    const value = sort.field === 'name' ? 'näme' : now.toISOString()
    const cursor = encodeCursor('list', sort, { value, id })
    t.same(decodeCursor('list', sort, cursor), { value, id })
    t.equal(decodeCursor('other list', sort, cursor), undefined)
    for (const other of sorts) {
      if (other !== sort) t.equal(decodeCursor('list', other, cursor), undefined)
    }
    const never = decodeCursor('list', sort, encodeCursor('list', sort, { value: null, id }))
    t.same(never, sort.field === 'expires_at' ? { value: null, id } : undefined)
    t.equal(decodeCursor('list', sort, encodeCursor('list', sort, { value: 'x\0', id })), undefined)
    t.equal(decodeCursor('list', sort, encodeCursor('list', sort, { value, id: 'x' })), undefined)
  }
  const [byTime] = sorts
  if (byTime === undefined) throw new Error('no sort')
  t.equal(
    decodeCursor('list', byTime, encodeCursor('list', byTime, { value: '2026', id })),
    undefined,
  )
})

t.test('decoding a page cursor never throws', async (t) => {
  const sort: Sort = { field: 'created_at', descending: true }
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json().map((text) => Buffer.from(text).toString('base64url')),
        ),
        (text) => {
          const position = decodeCursor('list', sort, text)
          return position === undefined || typeof position.id === 'string'
        },
      ),
      propertyRuns,
    ),
  )
})
