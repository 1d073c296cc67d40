import t from 'tap'
import type { ToEdgeMessage, WireAnswer } from '../../src/domain/edge/edge-message.ts'
import { EdgeReader, type Read } from '../../src/domain/edge/edge-reader.ts'
import { KnownKey } from '../../src/domain/edge/known-key.ts'
import type { WireFacts } from '../../src/domain/edge/wire-facts.ts'
import { parseAddress } from '../../src/domain/network/address.ts'
import { judge } from '../../src/domain/verdict.ts'

const key: WireFacts = {
  id: 'key',
  accountId: 'account',
  platform: false,
  name: 'a key',
  rights: 1,
  reach: 'allow_lists',
  addresses: 2,
  expiresAt: null,
  disabledAt: null,
  revokedAt: null,
  released: false,
  generation: 3,
  issuedAt: 0,
  endedAt: null,
  endsAt: null,
}
const rights = {
  kind: 'rights',
  number: 1,
  role: { id: 'role', name: 'viewer' },
  permissions: ['a:read'],
} as const
const addresses = {
  kind: 'addresses',
  number: 2,
  ipv4: { firsts: [0xc0000200], lasts: [0xc00002ff] },
  ipv6: { firsts: [0x20010db8, 0, 0, 0], lasts: [0x20010db8, 0, 0, 0xffff] },
} as const

t.test('facts are read with the rights and the addresses that were announced', async (t) => {
  const reader = new EdgeReader()
  for (const message of [rights, addresses]) {
    t.same(read(reader, message), { kind: 'announcement' })
  }
  const answer = answerOf(read(reader, answered({ reason: null, key, mayKeep: true })))
  const known = answer?.facts
  t.ok(known instanceof KnownKey)
  t.match(known, { id: 'key', apiKeyId: 'key', accountId: 'account', count: 0 })
  t.match(answer?.verdict, { valid: true, key: { name: 'a key', generation: 3 } })
  for (const [address, isValid] of [
    ['192.0.2.7', true],
    ['192.0.3.0', false],
    ['2001:db8::1', true],
    ['2001:db8::1:0', false],
  ] as const) {
    const attempt = {
      address: parseAddress(address),
      permissions: ['a:read'],
      accountId: undefined,
    }
    t.equal(known && judge(known.key, attempt, new Date(0)).valid, isValid, address)
  }
  t.throws(() => (known?.key.permissions as string[]).push('a:update'), TypeError)
})

t.test('a verdict that may not be kept, or that names no key, comes without facts', async (t) => {
  const reader = new EdgeReader()
  read(reader, rights)
  const open = { ...key, reach: 'anywhere', addresses: null } as const
  t.match(answerOf(read(reader, answered({ reason: 'expired', key: open, mayKeep: false }))), {
    verdict: { valid: false, reason: 'expired', key: { id: 'key' } },
    facts: undefined,
  })
  t.match(answerOf(read(reader, answered({ reason: 'not_found', key: null, mayKeep: false }))), {
    verdict: { valid: false, reason: 'not_found', key: undefined },
  })
  const none: WireAnswer = { kind: 'no_verdict', cause: 'overloaded' }
  t.match(answerOf(read(reader, { kind: 'answered', question: 1, answer: none })), {
    verdict: undefined,
    cause: 'overloaded',
  })
})

t.test('keys of one account share its id, and only so many ids are remembered', async (t) => {
  const reader = new EdgeReader()
  read(reader, rights)
  for (let account = 0; account <= 10_001; account += 1) {
    const of = { ...key, accountId: `account ${account}`, addresses: null }
    const answer = answerOf(read(reader, answered({ reason: null, key: of, mayKeep: true })))
    t.equal(answer?.facts?.accountId, `account ${account}`)
  }
})

t.test(
  'what refers to nothing that was announced, and what is no message, is a fault',
  async (t) => {
    const reader = new EdgeReader()
    const fault = { kind: 'fault' }
    t.same(read(reader, answered({ reason: null, key, mayKeep: true })), fault)
    read(reader, rights)
    t.same(read(reader, answered({ reason: null, key, mayKeep: true })), fault)
    t.same(reader.read('{"kind":"a_kind_to_come"}'), fault)
    t.same(reader.read('no JSON'), fault)
    t.match(read(reader, { kind: 'dismissed', reason: 'stopping' }), {
      kind: 'message',
      message: { kind: 'dismissed' },
    })
  },
)

function answered(verdict: {
  readonly reason: 'expired' | 'not_found' | null
  readonly key: WireFacts | null
  readonly mayKeep: boolean
}): ToEdgeMessage {
  return { kind: 'answered', question: 1, answer: { kind: 'verdict', ...verdict } }
}

function read(reader: EdgeReader, message: ToEdgeMessage): Read {
  return reader.read(JSON.stringify(message))
}

function answerOf(read: Read) {
  const isAnswer = read.kind === 'message' && read.message.kind === 'answered'
  return isAnswer ? read.message.answer : undefined
}
