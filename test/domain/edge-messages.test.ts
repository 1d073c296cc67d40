import t from 'tap'
import { parseFromEdge } from '../../src/domain/edge/parse-from-edge.ts'
import { parseToEdge } from '../../src/domain/edge/parse-to-edge.ts'
import { fromWireFacts, toWireFacts } from '../../src/domain/edge/wire-facts.ts'
import { EMPTY_ADDRESS_SET } from '../../src/domain/network/address-set.ts'
import type { KeyFacts } from '../../src/domain/verdict.ts'

const id = '01890a5d-ac96-774b-bcce-b302099a8057'
const report = {
  number: 1,
  uses: [{ apiKeyId: id, count: 2, lastUsedAtMs: 5 }],
  denials: [
    { apiKeyId: id, reason: 'expired', clientIp: '192.0.2.1', count: 1, lastDeniedAtMs: 5 },
  ],
}

const fromEdge: Readonly<Record<string, object>> = {
  hello: { kind: 'hello', version: 1, judge: 1, edge: id },
  'hello after another stream': { kind: 'hello', version: 1, judge: 1, edge: id, replaces: id },
  beat: { kind: 'beat', number: 1 },
  'beat with a report': { kind: 'beat', number: 2, report },
  confirmed: { kind: 'confirmed', sequence: 1 },
  question: { kind: 'asked', question: 1, of: { token: 'text' } },
  'question with conditions': {
    kind: 'asked',
    question: 1,
    of: { token: 'text', clientIp: '192.0.2.1', permissions: ['a:read'], accountId: id },
  },
  gone: { kind: 'gone' },
}

const facts = {
  id,
  accountId: id,
  platform: false,
  name: 'A key',
  rights: 1,
  reach: 'anywhere',
  addresses: null,
  expiresAt: null,
  disabledAt: null,
  revokedAt: null,
  released: false,
  generation: 1,
  issuedAt: 1_000,
  endedAt: null,
  endsAt: null,
}
const verdict = { kind: 'verdict', reason: null, key: facts, mayKeep: true }

const toEdge: Readonly<Record<string, object>> = {
  welcome: {
    kind: 'welcome',
    version: 1,
    stream: id,
    leaseMs: 3_000,
    maxQuestions: 10,
    expiryWarningMs: 0,
  },
  granted: { kind: 'granted', beat: 1, leaseMs: 2_999.5, wallMs: 1_000 },
  invalidated: {
    kind: 'invalidated',
    sequence: 1,
    changes: [{ kind: 'key', id }, { kind: 'everything' }, { kind: 'tag_key' }],
  },
  suspended: { kind: 'suspended', sequence: 2 },
  verdict: { kind: 'answered', question: 1, answer: verdict },
  'no verdict': {
    kind: 'answered',
    question: 1,
    answer: { kind: 'no_verdict', cause: 'overloaded' },
  },
  dismissed: { kind: 'dismissed', reason: 'stopping' },
  reported: { kind: 'reported', number: 1 },
  rights: { kind: 'rights', number: 1, role: { id, name: 'viewer' }, permissions: ['a:read'] },
  addresses: {
    kind: 'addresses',
    number: 1,
    ipv4: { firsts: [1], lasts: [4_294_967_295] },
    ipv6: { firsts: [0, 0, 0, 1], lasts: [0, 0, 0, 2] },
  },
}

for (const [name, message] of Object.entries(fromEdge)) {
  t.test(`an instance reads a ${name} of an edge`, async (t) => {
    t.same(parseFromEdge(JSON.stringify(message)), message)
  })
}

for (const [name, message] of Object.entries(toEdge)) {
  t.test(`an edge reads a ${name} of its instance`, async (t) => {
    t.same(parseToEdge(JSON.stringify(message)), message)
  })
}

t.test('no frame is a message in which any member is missing or of another type', async (t) => {
  const optional = new Set(['report', 'replaces', 'clientIp', 'permissions', 'accountId'])
  for (const [messages, parse] of [
    [fromEdge, parseFromEdge],
    [toEdge, parseToEdge],
  ] as const) {
    for (const [name, message] of Object.entries(messages)) {
      for (const { path, frame } of spoilings(message, optional)) {
        t.equal(parse(frame), undefined, `${name}: ${path}`)
      }
    }
  }
})

t.test('no frame is a message that an edge or an instance must not take for one', async (t) => {
  const question = { kind: 'asked', question: 1 }
  const answered = { kind: 'answered', question: 1 }
  const ipv4 = { firsts: [], lasts: [] }
  const addresses = { kind: 'addresses', number: 1 }
  const refused: readonly (readonly [typeof parseFromEdge | typeof parseToEdge, unknown])[] = [
    [parseFromEdge, []],
    [parseFromEdge, null],
    [parseFromEdge, { kind: 'welcome' }],
    [parseFromEdge, { kind: 'constructor' }],
    [parseFromEdge, { kind: 'beat', number: -1 }],
    [parseFromEdge, { kind: 'beat', number: 1.5 }],
    [parseFromEdge, { kind: 'confirmed', sequence: 2 ** 53 }],
    [parseFromEdge, { ...question, of: { token: 'a', permissions: [1] } }],
    [
      parseFromEdge,
      { kind: 'beat', number: 1, report: { ...report, uses: Array(501).fill(report.uses[0]) } },
    ],
    [parseToEdge, { kind: 'hello' }],
    [parseToEdge, { kind: 'invalidated', sequence: 1, changes: [{ kind: 'restricted', id }] }],
    [parseToEdge, { ...answered, answer: { ...verdict, key: null } }],
    [parseToEdge, { ...answered, answer: { ...verdict, reason: 'not_found', key: null } }],
    [parseToEdge, { ...addresses, ipv4, ipv6: { firsts: [1], lasts: [1] } }],
    [parseToEdge, { ...addresses, ipv4: { firsts: [1, 2], lasts: [1] }, ipv6: ipv4 }],
  ]
  for (const [parse, value] of refused) {
    t.equal(parse(JSON.stringify(value)), undefined, JSON.stringify(value).slice(0, 90))
  }
  t.equal(parseFromEdge('{"kind":"gone"'), undefined, 'JSON that is cut off')
})

t.test('an edge judges the facts that its instance has, but not more', async (t) => {
  const rights = {
    role: { id, name: 'viewer' },
    permissions: ['a:read'],
    holds: new Set(['a:read']),
  }
  const key: KeyFacts = {
    id,
    accountId: id,
    platform: true,
    name: 'A key',
    ...rights,
    allowListIds: [id],
    addresses: EMPTY_ADDRESS_SET,
    reach: 'allow_lists',
    expiresAt: new Date(5_000),
    expiresAtText: '1970-01-01T00:00:05.000Z',
    disabledAt: new Date(1),
    revokedAt: new Date(2),
    released: true,
    generation: 3,
    issuedAt: new Date(3),
    issuedFor: 'Somebody',
    endedAt: new Date(4),
    endsAt: new Date(5),
  }
  const wire = toWireFacts(key, { rights: 1, addresses: 2 })
  t.match(wire, { rights: 1, addresses: 2 })
  t.notMatch(JSON.stringify(wire), 'Somebody')
  const sent = parseToEdge(
    JSON.stringify({ kind: 'answered', question: 1, answer: { ...verdict, key: wire } }),
  )
  t.match(sent, { answer: { key: wire } })
  t.same(fromWireFacts(wire, rights, EMPTY_ADDRESS_SET), {
    ...key,
    allowListIds: [],
    issuedFor: null,
  })
})

/** Frames of a message in which one member, at any depth, is missing or of another type. */
function spoilings(
  message: object,
  optional: ReadonlySet<string>,
): readonly { readonly path: string; readonly frame: string }[] {
  return Object.entries(message).flatMap(([name, value]) => {
    const inner =
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? spoilings(value, optional).map(({ path, frame }) => ({
            path: `${name}.${path}`,
            frame: JSON.stringify({ ...message, [name]: JSON.parse(frame) }),
          }))
        : []
    const missing = optional.has(name) ? [] : [{ ...message, [name]: undefined }]
    return [
      ...inner,
      ...[...missing, { ...message, [name]: { of: 'another type' } }].map((spoilt) => ({
        path: name,
        frame: JSON.stringify(spoilt),
      })),
    ]
  })
}
