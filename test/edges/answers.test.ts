import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { ToEdgeMessage } from '../../src/domain/edge/edge-message.ts'
import { addressSetOf } from '../../src/domain/network/address-set.ts'
import { tokenDigest } from '../../src/domain/token/digest.ts'
import type { KeyFacts } from '../../src/domain/verdict.ts'
import { ServiceError } from '../../src/errors.ts'
import type { Database } from '../../src/store/database.ts'
import { Announcements, isJudgedAtEdges } from '../../src/verification/edges/announcements.ts'
import { EdgeAuthority } from '../../src/verification/edges/edge-authority.ts'
import { EdgeQuestions } from '../../src/verification/edges/edge-questions.ts'
import { EdgeReports } from '../../src/verification/edges/edge-reports.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { startTestService } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

const { root, rootToken, service, logLines } = await startTestService(t)
const { deps } = service
const account = await newAccount(root)
const [first, second] = [await newKey(root, account), await newKey(root, account)]

async function factsOf(token: string): Promise<KeyFacts> {
  const { cache } = deps
  await until(async () => {
    await root.verify(token)
    return cache.find(tokenDigest(token) ?? '') !== undefined
  })
  const entry = cache.find(tokenDigest(token) ?? '')
  if (entry === undefined) throw new Error('the key is not in memory')
  return entry.facts
}

t.test(
  'a stream refers to at most 1,000 roles, and gives the number of the oldest to the next',
  async (t) => {
    const sent: ToEdgeMessage[] = []
    const announcements = new Announcements((message) => sent.push(message))
    const key = await factsOf(first.token)
    const numbers = Array.from({ length: 1_001 }, (_, index) =>
      announcements.factsOf({ ...key, role: { id: `${index}`, name: 'a role' } }),
    ).map(({ rights }) => rights)
    t.equal(new Set(numbers).size, 1_000)
    t.equal(numbers.at(-1), numbers[0])
    t.equal(sent.length, 1_001, 'the number is announced again')
    announcements.factsOf({ ...key, role: { id: '1000', name: 'a role' } })
    t.equal(sent.length, 1_001)
    announcements.factsOf({ ...key, role: { id: '1000', name: 'renamed' } })
    t.match(sent.at(-1), { kind: 'rights', role: { name: 'renamed' } })
  },
)

t.test('a key with more addresses than are sent gets verdicts only', async (t) => {
  const key = await factsOf(first.token)
  const setOf = (ranges: number) =>
    addressSetOf(
      Array.from({ length: ranges }, (_, index) => {
        const address = BigInt(2 * index)
        return { family: 4, first: address, last: address } as const
      }),
    )
  const restricted = (ranges: number) =>
    ({ ...key, reach: 'allow_lists', addresses: setOf(ranges) }) as const
  t.equal(isJudgedAtEdges(restricted(1_000)), true)
  t.equal(isJudgedAtEdges(restricted(1_001)), false)
  t.equal(isJudgedAtEdges({ ...restricted(1_001), reach: 'anywhere' }), true)
  const announcements = new Announcements(() => undefined)
  t.equal(announcements.factsOf(restricted(1_001)).addresses, null)
})

t.test('a question that cannot be answered is no denial, and says why', async (t) => {
  const causes: unknown[] = []
  for (const error of [new ServiceError('overloaded', 'busy'), new Error('a bug')]) {
    const failing = { ...deps, leaseMs: 1, credentials: { load: () => Promise.reject(error) } }
    const key = await factsOf(rootToken)
    const caller = { key, epoch: deps.cache.epoch, readAt: undefined }
    const who = { caller, credentials: { token: rootToken, address: undefined } }
    const questions = new EdgeQuestions({
      deps: failing as unknown as ConstructorParameters<typeof EdgeQuestions>[0]['deps'],
      authority: new EdgeAuthority({ ...deps, leaseMs: 1 }, who, () => t.fail('refused')),
      send: (message) => causes.push(message),
      mayKeep: () => true,
      onFactsSent: () => t.fail('no facts'),
    })
    questions.ask(1, { token: second.token })
    await until(() => causes.length > 0)
    const cause = error instanceof ServiceError ? 'overloaded' : 'unavailable'
    t.same(causes.splice(0), [
      { kind: 'answered', question: 1, answer: { kind: 'no_verdict', cause } },
    ])
  }
  t.equal(logLines.filter((line) => line.includes('failed to answer an edge')).length, 1)
})

t.test('reports wait while the database cannot be read, and only so many', async (t) => {
  const reports = new EdgeReports()
  const edge = randomUUID()
  const uses = [{ apiKeyId: first.id, count: 2, lastUsedAtMs: Date.now() }]
  t.equal(reports.add(edge, { number: 1, uses, denials: [] }), true)
  const db = {
    selectFrom() {
      throw new Error('no database')
    },
  } as unknown as Database
  await t.rejects(reports.flush({ ...deps, db }), { message: 'no database' })
  t.equal(reports.size, 1)
  await reports.flush(deps)
  t.equal(reports.size, 0)
  await deps.uses.flush(deps.db)
  const { body } = await root.get(`/v1/accounts/${account}/api-keys/${first.id}`)
  t.ok(body.api_key.use_count >= 2)
  const many = Array.from({ length: 20_001 }, () => uses).flat()
  t.equal(reports.add(edge, { number: 2, uses: many, denials: [] }), false, 'the edge keeps it')
  t.equal(reports.size, 0)
})
