import fc from 'fast-check'
import t from 'tap'
import { EMPTY_ADDRESS_SET } from '../../src/domain/network/address-set.ts'
import { denialReasons, type KeyFacts, type Verdict } from '../../src/domain/verdict.ts'
import { toVerdictListBytes, toVerdictText } from '../../src/http/native/verify/verdict-text.ts'
import { propertyRuns } from '../helpers/property-runs.ts'

const anyText = fc.string({ unit: 'binary' })

const anyFacts: fc.Arbitrary<KeyFacts> = fc
  .record({
    id: fc.uuid(),
    accountId: fc.uuid(),
    name: anyText,
    role: fc.record({ id: fc.uuid(), name: anyText }),
    permissions: fc.array(anyText),
    expiresAt: fc.option(fc.date({ noInvalidDate: true })),
    generation: fc.nat(),
  })
  .map((known) => ({
    ...known,
    platform: false,
    holds: new Set(known.permissions),
    reach: 'anywhere',
    allowListIds: [],
    addresses: EMPTY_ADDRESS_SET,
    issuedAt: new Date(0),
    issuedFor: null,
    expiresAtText: known.expiresAt?.toISOString() ?? null,
    disabledAt: null,
    revokedAt: null,
    released: false,
    endedAt: null,
    endsAt: null,
  }))

const anyVerdict: fc.Arbitrary<Verdict> = fc.oneof(
  fc.record({ valid: fc.constant(true as const), key: anyFacts }),
  fc.record({
    valid: fc.constant(false as const),
    reason: fc.constantFrom(...denialReasons),
    key: fc.option(anyFacts, { nil: undefined }),
  }),
)

const denialWithoutKey: Verdict = { valid: false, reason: 'not_found', key: undefined }

t.test('the handwritten JSON of a verdict equals what a serializer writes', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      // The second call finds the text of the permissions in memory.
      fc.property(anyVerdict, fc.boolean(), (verdict, expiresSoon) => {
        const expected = JSON.stringify(expectedBody(verdict, expiresSoon))
        const text = () => toVerdictText(verdict, () => expiresSoon)
        return text() === expected && text() === expected
      }),
      propertyRuns,
    ),
  )
})

t.test('the handwritten JSON of a batch has each verdict in order, as UTF-8', async (t) => {
  const anyBatch = fc.array(fc.oneof(anyVerdict, anyVerdict, fc.constant(denialWithoutKey)))
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(anyBatch, fc.boolean(), (verdicts, expiresSoon) => {
        const bodies = verdicts.map((verdict) => expectedBody(verdict, expiresSoon))
        const expected = Buffer.from(JSON.stringify({ verdicts: bodies }))
        return toVerdictListBytes(verdicts, () => expiresSoon).equals(expected)
      }),
      propertyRuns,
    ),
  )
})

function expectedBody(verdict: Verdict, expiresSoon: boolean) {
  const { key } = verdict
  const apiKey = key && {
    id: key.id,
    account_id: key.accountId,
    name: key.name,
    role: key.role,
    expires_at: key.expiresAt,
  }
  const { generation } = key ?? {}
  if (!verdict.valid) return { valid: false, reason: verdict.reason, api_key: apiKey, generation }
  const { permissions, expiresAt } = verdict.key
  const warnings = expiresSoon && expiresAt !== null ? ['expires_soon'] : undefined
  return { valid: true, api_key: apiKey, generation, permissions, warnings }
}
