import fc from 'fast-check'
import t from 'tap'
import { explain, matchesOf } from '../../src/domain/explanation.ts'
import { parseAddress } from '../../src/domain/network/address.ts'
import { addressSetOf } from '../../src/domain/network/address-set.ts'
import { rangesOf } from '../../src/domain/network/allow-list.ts'
import {
  type Attempt,
  type DenialReason,
  denialReasons,
  judge,
  type KeyFacts,
} from '../../src/domain/verdict.ts'
import { propertyRuns } from '../helpers/property-runs.ts'

const now = new Date('2026-11-23T12:00:00Z')
const account = '0192f3a4-5b6c-7d8e-9f01-23456789abcd'
const office = {
  id: 'l1',
  name: 'office',
  entries: ['10.0.0.0/8', '10.1.2.3', '::ffff:10.1.2.0/120'],
}
const home = { id: 'l2', name: 'home', entries: ['192.0.2.1', '10.1.0.0/16'] }
const lists = [office, home]

const setOf = (...entries: readonly string[]) => addressSetOf(rangesOf(entries))

const goodKey: KeyFacts = {
  id: '0192f3a4-0000-7000-8000-000000000001',
  accountId: account,
  platform: false,
  name: 'key',
  role: { id: '0192f3a4-0000-7000-8000-000000000002', name: 'developer' },
  permissions: ['cluster:read'],
  holds: new Set(['cluster:read']),
  reach: 'allow_lists',
  allowListIds: [office.id, home.id],
  addresses: setOf(...lists.flatMap(({ entries }) => entries)),
  generation: 1,
  issuedAt: now,
  issuedFor: null,
  expiresAt: new Date(now.getTime() + 1),
  expiresAtText: new Date(now.getTime() + 1).toISOString(),
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

/** A fault for every check of a key. */
const faults: readonly {
  readonly reason: DenialReason
  readonly key?: Partial<KeyFacts>
  readonly attempt?: Partial<Attempt>
}[] = [
  { reason: 'revoked', key: { revokedAt: now } },
  { reason: 'disabled', key: { disabledAt: now } },
  { reason: 'rotated', key: { endedAt: now } },
  { reason: 'expired', key: { expiresAt: now } },
  { reason: 'wrong_account', attempt: { accountId: 'another' } },
  { reason: 'address_not_allowed', attempt: { address: parseAddress('11.0.0.1') } },
  { reason: 'insufficient_permissions', attempt: { permissions: ['cluster:read', 'a:b', 'c:d'] } },
]
const tokenReasons: readonly DenialReason[] = ['malformed', 'not_found']

t.test(
  'an explanation lists each failed check in verdict order and agrees with judge',
  async (t) => {
    t.same([...tokenReasons, ...faults.map(({ reason }) => reason)], denialReasons)
    fc.assert(
      fc.property(fc.subarray([...faults]), (chosen) => {
        const key = Object.assign({}, goodKey, ...chosen.map((fault) => fault.key))
        const attempt = Object.assign({}, goodAttempt, ...chosen.map((fault) => fault.attempt))
        const { reason, checks } = explain(key, [], attempt, now)
        const expected = denialReasons.map((check) => ({
          check,
          outcome: tokenReasons.includes(check)
            ? 'not_checked'
            : chosen.some((fault) => fault.reason === check)
              ? 'failed'
              : 'passed',
        }))
        const verdict = judge(key, attempt, now)
        return (
          JSON.stringify(checks) === JSON.stringify(expected) &&
          reason === (verdict.valid ? undefined : verdict.reason) &&
          reason === checks.find(({ outcome }) => outcome === 'failed')?.check
        )
      }),
      propertyRuns,
    )
  },
)

t.test('an explanation allows exactly the attempts that judge allows', async () => {
  const times = fc.constantFrom(null, new Date(now.getTime() - 1), now, new Date(now.getTime() + 1))
  const names = fc.subarray(['a:b', 'c:d', 'e:f'])
  const keys = fc.record({
    expiresAt: times,
    disabledAt: times,
    revokedAt: times,
    endedAt: times,
    endsAt: times,
    reach: fc.constantFrom('anywhere' as const, 'allow_lists' as const),
    addresses: fc.constantFrom(setOf(), setOf('10.0.0.0/8'), setOf('::/0')),
    holds: names.map((held) => new Set(held)),
  })
  const attempts = fc.record({
    address: fc.constantFrom(undefined, ...['10.0.0.1', '11.0.0.1', '::1'].map(parseAddress)),
    permissions: names,
    accountId: fc.constantFrom(undefined, account, 'another'),
  })
  fc.assert(
    fc.property(keys, attempts, (facts, attempt) => {
      const key = { ...goodKey, ...facts }
      const verdict = judge(key, attempt, now)
      const { reason, missingPermissions } = explain(key, [], attempt, now)
      return (
        reason === (verdict.valid ? undefined : verdict.reason) &&
        missingPermissions.every((name) => !key.holds.has(name)) &&
        attempt.permissions.every(
          (name) => key.holds.has(name) || missingPermissions.includes(name),
        )
      )
    }),
    propertyRuns,
  )
})

t.test('an explanation names the matching allow-list entries, each with its list', async (t) => {
  const matchesAt = (ip: string | undefined) => {
    const address = ip === undefined ? undefined : parseAddress(ip)
    const covering = address && lists.flatMap((list) => matchesOf(list, address))
    const { matches } = explain(goodKey, covering ?? [], { ...goodAttempt, address }, now)
    return matches.map(({ list, entry }) => `${list.id} ${list.name} ${entry}`)
  }
  t.same(matchesAt('10.1.2.3'), [
    'l1 office 10.0.0.0/8',
    'l1 office 10.1.2.3',
    'l1 office ::ffff:10.1.2.0/120',
    'l2 home 10.1.0.0/16',
  ])
  t.same(matchesAt('192.0.2.1'), ['l2 home 192.0.2.1'])
  t.same(matchesAt('::1'), [])
  t.same(matchesAt(undefined), [])
})
