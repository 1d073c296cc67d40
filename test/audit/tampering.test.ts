/**
 * Verification finds every alteration of the audit log by SQL, and names the first event that no
 * longer fits.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { Client } from 'pg'
import t, { type Test } from 'tap'
import { act } from '../../src/acts/act.ts'
import { type AuditKeys, noAuditKeys, parseAuditKeys } from '../../src/domain/audit/audit-key.ts'
import type { ChainFault } from '../../src/domain/audit/chain-check.ts'
import {
  type Checkpoint,
  parseCheckpoint,
  signCheckpoint,
} from '../../src/domain/audit/checkpoint.ts'
import { entryHashOf, genesisHash } from '../../src/domain/audit/entry-hash.ts'
import { system } from '../../src/domain/principal.ts'
import { type AuditLogReport, verifyAuditLog } from '../../src/management/audit/verify-audit-log.ts'
import { checkAuditKeys } from '../../src/setup/check-audit-keys.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { connectRaw } from '../helpers/instances.ts'
import { startTestService, type TestService } from '../helpers/service.ts'

const events = 8
const started = await startTestService(t)
const raw = await connectRaw(t, started.database.url)
const { deps } = started.service
const account = await accountWithAuditLog(started)

t.test('an audit log that nobody touched verifies as whole', async (t) => {
  const report = await verifyAuditLog(deps, [])
  t.match(report, { breaks: [] })
  t.equal(report.unkeyed, report.events)
  t.match(
    report.heads.find((head) => head.accountId === account),
    { number: events },
  )
})

const five = 'account_id = $1 and number = 5'
const tamperings: readonly (readonly [string, string, number, ChainFault])[] = [
  [
    'the text is changed',
    `update audit_event set content = replace(content, '"ci 4"', '"cd 4"') where ${five}`,
    5,
    'link_differs',
  ],
  ['the text is no event', `update audit_event set content = '[]' where ${five}`, 5, 'unreadable'],
  [
    'the text is no JSON',
    `update audit_event set content = left(content, 40) where ${five}`,
    5,
    'unreadable',
  ],
  [
    'a space is added',
    `update audit_event set content = content || ' ' where ${five}`,
    5,
    'link_differs',
  ],
  [
    'a link is changed',
    `update audit_event set link = sha256(link) where ${five}`,
    5,
    'link_differs',
  ],
  [
    'it is said to have been somebody else',
    `update audit_event set actor_id = 'nobody' where ${five}`,
    5,
    'column_differs',
  ],
  [
    'it is said to have been another time',
    `update audit_event set created_at = created_at - interval '1 day' where ${five}`,
    5,
    'column_differs',
  ],
  ['an event is deleted', `delete from audit_event where ${five}`, 5, 'missing'],
  [
    'the first is deleted',
    `delete from audit_event where account_id = $1 and number = 1`,
    1,
    'missing',
  ],
  [
    'an event is deleted, and those after it move up',
    `delete from audit_event where ${five};
     update audit_event set number = number - 1 where account_id = $1 and number > 5`,
    5,
    'misplaced',
  ],
  [
    'two events change places',
    `update audit_event set content = other.content, link = other.link, id = other.id
     from audit_event other
     where audit_event.account_id = $1 and other.account_id = $1
       and audit_event.number in (4, 5) and other.number = 9 - audit_event.number`,
    4,
    'misplaced',
  ],
  [
    'an event of another account is put in its place',
    `update audit_event set content = other.content, link = other.link
     from audit_event other
     where audit_event.account_id = $1 and audit_event.number = 2
       and other.account_id <> $1 and other.number = 2`,
    2,
    'misplaced',
  ],
  [
    'an event is inserted at the end',
    `insert into audit_event (account_id, number, id, created_at, action, actor_kind, actor_id,
       resource_id, content, link)
     select account_id, ${events + 1}, id, created_at, action, actor_kind, actor_id, resource_id,
       replace(content, '"number":${events},', '"number":${events + 1},'), link
     from audit_event where account_id = $1 and number = ${events}`,
    events + 1,
    'link_differs',
  ],
  ['the tail is cut', `delete from audit_event where account_id = $1 and number > 6`, 7, 'missing'],
  [
    'the head is changed',
    `update audit_chain set link = sha256(link) where account_id = $1`,
    events,
    'rewritten',
  ],
  ['the head is deleted', `delete from audit_chain where account_id = $1`, events + 1, 'missing'],
  [
    'a key is taken off the list of a bulk act',
    `delete from audit_event_key where account_id = $1
       and api_key_id = (select max(api_key_id::text)::uuid from audit_event_key)`,
    events,
    'keys_differ',
  ],
  [
    'a key is put on the list of an act',
    `insert into audit_event_key select account_id, 3, id from audit_event where ${five}`,
    3,
    'keys_differ',
  ],
]
for (const [what, statement, number, fault] of tamperings) {
  t.test(`verification names event ${number} when ${what}`, async (t) => {
    await tampered(t, statement)
    t.match((await verifyAuditLog(deps, [])).breaks, [{ accountId: account, number, fault }])
  })
}

t.test('a checkpoint detects a rewritten audit chain that fits together again', async (t) => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const checkpoint = await takeCheckpoint(privateKey, publicKey)

  await t.test('a checkpoint detects a chain that was cut together with its head', async (t) => {
    await tampered(
      t,
      `with cut as (delete from audit_event where account_id = $1 and number > 6)
       update audit_chain set number = 6, link = audit_event.link from audit_event
       where audit_chain.account_id = $1 and audit_event.account_id = $1 and audit_event.number = 6`,
    )
    t.same((await verifyAuditLog(deps, [])).breaks, [], 'nothing else shows it')
    t.same((await verifyAuditLog(deps, [checkpoint])).breaks, [
      { accountId: account, number: 7, fault: 'missing' },
    ])
  })
  await t.test('a checkpoint detects a chain that was deleted as a whole', async (t) => {
    await tampered(
      t,
      'with gone as (delete from audit_event where account_id = $1) delete from audit_chain where account_id = $1',
    )
    t.same((await verifyAuditLog(deps, [])).breaks, [])
    t.match((await verifyAuditLog(deps, [checkpoint])).breaks, [
      { accountId: account, number: 1, fault: 'missing' },
    ])
  })
  await t.test(
    'a checkpoint detects a chain that was rehashed from an altered event on',
    async (t) => {
      await saved(t)
      await makeAnew('"ci 3"', '"cd 3"')
      t.same((await verifyAuditLog(deps, [])).breaks, [])
      t.same((await verifyAuditLog(deps, [checkpoint])).breaks, [
        { accountId: account, number: events, fault: 'rewritten' },
      ])
    },
  )
  await t.test('events written after a checkpoint verify against it', async (t) => {
    await newKey(started.root, account)
    t.same((await verifyAuditLog(deps, [checkpoint])).breaks, [])
  })
})

t.test('a checkpoint is accepted only under the key that signed it', async (t) => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const head = { accountId: account, number: 1, entryHash: 'aa' }
  const text = signCheckpoint({ createdAt: new Date(0), heads: [head] }, privateKey)
  t.same(parseCheckpoint(text, publicKey), { createdAt: new Date(0), heads: [head] })
  const refusals: readonly (readonly [string, string, Parameters<typeof parseCheckpoint>[1]])[] = [
    ['the signature does not match the public key', text, generateKeyPairSync('ed25519').publicKey],
    [
      'the signature does not match the public key',
      text.replace('"number":1', '"number":0'),
      publicKey,
    ],
    ['the file is not a checkpoint', '{}', publicKey],
    ['the file is not a checkpoint', 'null', publicKey],
    ['the file is not a checkpoint', text.slice(1), publicKey],
    [
      'the key must be an Ed25519 key',
      text,
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey,
    ],
  ]
  for (const [message, refused, key] of refusals) {
    t.throws(() => parseCheckpoint(refused, key), { message })
  }
})

t.test('with an audit key configured, nobody without it can make an entry hash', async (t) => {
  const one = `one:${randomBytes(32).toString('base64')}`
  const two = `two:${randomBytes(32).toString('base64')}`
  const keyed = parseAuditKeys(one)
  const both = parseAuditKeys(`${two}\n${one}`)
  await saved(t)
  const verifyWith = (auditKeys: AuditKeys) => verifyAuditLog({ ...deps, auditKeys }, [])
  const before = (await verifyWith(noAuditKeys)).unkeyed
  await append(keyed)
  await append(both)

  t.match(await verifyWith(both), { breaks: [], unkeyed: before })
  t.match(await verifyWith(keyed), brokenAt(events + 3, 'unknown_key'))
  t.match(await verifyWith(noAuditKeys), brokenAt(events + 2, 'unknown_key'))
  const forged = parseAuditKeys(`one:${randomBytes(32).toString('base64')}`)
  t.match(await verifyWith(forged), brokenAt(events + 2, 'link_differs'))
  await append(noAuditKeys)
  t.match(await verifyWith(both), brokenAt(events + 4, 'key_dropped'))

  await makeAnew('"ci 3"', '"cd 3"')
  t.match(await verifyWith(both), brokenAt(events + 2, 'link_differs'), 'made anew without the key')
})

t.test(
  'the service refuses to start with audit keys other than those of its audit log',
  async (t) => {
    const platform = (await started.root.get('/v1/me')).body.api_key.account_id
    const lines = `k:${randomBytes(32).toString('base64')}`
    await saved(t)
    await checkAuditKeys({ ...deps, auditKeys: noAuditKeys })
    await append(parseAuditKeys(lines), platform)
    await checkAuditKeys({ ...deps, auditKeys: parseAuditKeys(lines) })
    for (const [auditKeys, message] of [
      [noAuditKeys, /AUDIT_KEY_FILE lacks the key/],
      [
        parseAuditKeys(`k:${randomBytes(32).toString('base64')}`),
        /AUDIT_KEY_FILE lacks the key of/,
      ],
    ] as const) {
      await t.rejects(checkAuditKeys({ ...deps, auditKeys }), { message })
    }
  },
)

/** An account whose chain has eight events; the last is of a bulk act. */
async function accountWithAuditLog({ root }: TestService): Promise<string> {
  const accountId = await newAccount(root)
  const keys: string[] = []
  for (let key = 1; key < events - 1; key += 1) {
    keys.push((await newKey(root, accountId, { name: `ci ${key}` })).id)
  }
  await act(deps, system, {}, async () => ({
    result: undefined,
    events: [
      {
        accountId,
        action: 'api_key.bulk_revoked',
        resource: { type: 'api_key', id: null, name: null },
        before: null,
        after: null,
        apiKeyIds: keys,
      },
    ],
  }))
  return accountId
}

async function append(auditKeys: AuditKeys, accountId = account): Promise<void> {
  await act({ ...deps, auditKeys }, system, {}, async () => ({
    result: undefined,
    events: [
      {
        accountId,
        action: 'account.updated',
        resource: { type: 'account', id: accountId, name: 'Acme' },
        before: {},
        after: {},
      },
    ],
  }))
}

function brokenAt(number: number, fault: ChainFault): Pick<AuditLogReport, 'breaks'> {
  return { breaks: [{ accountId: account, number, fault }] }
}

async function takeCheckpoint(
  privateKey: Parameters<typeof signCheckpoint>[1],
  publicKey: Parameters<typeof parseCheckpoint>[1],
): Promise<Checkpoint> {
  const { heads } = await verifyAuditLog(deps, [])
  return parseCheckpoint(signCheckpoint({ createdAt: deps.now(), heads }, privateKey), publicKey)
}

/** Alters the audit log for the length of a test. */
async function tampered(t: Test, statement: string): Promise<void> {
  await saved(t)
  for (const one of statement.split(';')) {
    const { rowCount } = await raw.query(one, [account])
    if (rowCount === 0) throw new Error('Nothing was tampered with.')
  }
}

/** Restores the audit log at the end of the test. */
async function saved(t: Test): Promise<void> {
  const tables = ['audit_chain', 'audit_event', 'audit_event_key']
  for (const table of tables) {
    await raw.query(`create temporary table saved_${table} as table ${table}`)
  }
  t.teardown(async () => {
    for (const table of tables) {
      await raw.query(`truncate ${table}; insert into ${table} table saved_${table}`)
      await raw.query(`drop table saved_${table}`)
    }
  })
}

/**
 * What one who owns the database can do: alters a text, and makes all links after it anew, unkeyed.
 */
async function makeAnew(from: string, to: string): Promise<void> {
  const { rows } = await raw.query(
    'select number, content from audit_event where account_id = $1 order by number',
    [account],
  )
  let link = genesisHash
  for (const { number, content } of rows) {
    const altered = content.replace(from, to)
    link = entryHashOf(link, altered, undefined)
    await set(raw, 'audit_event', `content = $3, link = $4 where account_id = $1 and number = $2`, [
      account,
      number,
      altered,
      link,
    ])
  }
  await set(raw, 'audit_chain', 'link = $2 where account_id = $1', [account, link])
}

async function set(client: Client, table: string, rest: string, values: unknown[]): Promise<void> {
  await client.query(`update ${table} set ${rest}`, values)
}
