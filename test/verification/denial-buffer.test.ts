import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { EMPTY_ADDRESS_SET } from '../../src/domain/network/address-set.ts'
import type { KeyFacts } from '../../src/domain/verdict.ts'
import { DenialBuffer } from '../../src/verification/denial-buffer.ts'
import { auditLogOf } from '../helpers/audit-log.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { connectRaw } from '../helpers/instances.ts'
import { startTestService } from '../helpers/service.ts'

const now = new Date('2026-11-28T12:30:00Z')

/** Denies a key of an account, which the first letter of its name names. */
function deny(denials: DenialBuffer, name: string): void {
  denyKey(denials, name, name.slice(0, 1))
}

function denyKey(denials: DenialBuffer, id: string, accountId: string): void {
  const attempt = { address: undefined, permissions: [], accountId: undefined }
  denials.record({ valid: false, reason: 'revoked', key: factsOf(id, accountId) }, attempt, now)
}

t.test('denials of one account do not displace those of another', async (t) => {
  const denials = new DenialBuffer(10)
  for (let key = 0; key < 1_000; key += 1) deny(denials, `a${key}`)
  t.equal(denials.size, 10)
  t.equal(denials.dropped, 990)
  for (const name of ['b1', 'b2', 'c1']) deny(denials, name)
  t.equal(denials.size, 10)
  t.equal(denials.dropped, 993, 'three of the first account have gone for them')
  deny(denials, 'b1')
  t.equal(denials.dropped, 993, 'a denial that is counted already needs no place')
})

t.test('every denial is pending or counted as dropped, and no account is shut out', async (t) => {
  const names = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat(15)), { maxLength: 80 })
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(names, (denied) => {
        const denials = new DenialBuffer(6)
        const distinct = new Set<string>()
        for (const [account, key] of denied) {
          deny(denials, `${account}${key}`)
          distinct.add(`${account}${key}`)
        }
        const isWhole = denials.size === Math.min(6, distinct.size)
        return isWhole && denials.dropped >= distinct.size - denials.size
      }),
      { numRuns: 1_000 },
    ),
  )
})

t.test("a flood of one tenant's dead tokens leaves another tenant its event", async (t) => {
  const { root, service, database } = await startTestService(t)
  const raw = await connectRaw(t, database.url)
  const [account, flooding] = [await newAccount(root), await newAccount(root, 'Flooding')]
  const key = await newKey(root, account, { name: 'leaked' })
  const denials = new DenialBuffer(5)
  for (let other = 0; other < 20; other += 1) denyKey(denials, randomUUID(), flooding)
  denyKey(denials, key.id, account)
  await denials.flush(service.deps)
  t.match((await auditLogOf(raw, account)).at(-1), {
    action: 'api_key.denied',
    resource: { id: key.id },
  })
  const told = (await auditLogOf(raw, flooding)).filter(({ action }) => action === 'api_key.denied')
  t.equal(told.length, 4)
})

t.test('dropped denials are counted in the metrics and logged at the next flush', async (t) => {
  const { root, service, logLines } = await startTestService(t)
  const { denials } = service.deps
  const flooding = await newAccount(root, 'Flooding')
  // Names that are no ids: the flush fails.
  for (let other = 0; other < 10_002; other += 1) denyKey(denials, `key ${other}`, flooding)
  t.equal(denials.size, 10_000)
  t.match((await root.get('/metrics')).text, /^aeon_keys_denials_dropped_total 2$/m)
  for (const _ of [1, 2]) await t.rejects(denials.flush(service.deps))
  t.equal(denials.size, 10_000, 'a flush that fails loses nothing')
  const logged = logLines.map((line) => JSON.parse(line)).filter(({ denials: some }) => some)
  t.match(logged, [{ level: 'warn', denials: 2, accounts: 1, account_ids: [flooding] }])
  t.equal(logged.length, 1, 'each drop is logged once')
  // A stop fails if its last flush does.
  denials.flush = async () => undefined
})

function factsOf(id: string, accountId: string): KeyFacts {
  return {
    id,
    accountId,
    platform: false,
    name: id,
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
    revokedAt: now,
    released: false,
    endedAt: null,
    endsAt: null,
  }
}
