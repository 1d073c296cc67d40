import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { type Client, DatabaseError } from 'pg'
import t, { type Test } from 'tap'
import { findCredentials } from '../../src/store/credentials.ts'
import { loadSchemaState, migrate } from '../../src/store/migrate.ts'
import { createEmptyDatabase, createTestDatabase, openTestDatabase } from '../helpers/database.ts'
import { migrationsOfNextVersion } from '../helpers/next-version.ts'
import {
  dumpReliedOn,
  dumpSchema,
  migratedSchema,
  objectsNotDumped,
  withClient,
} from '../helpers/schema-dump.ts'

t.test('test/schema.sql is what the migrations make of an empty database', async (t) => {
  const committed = await readFile(join(import.meta.dirname, '../schema.sql'), 'utf8')
  t.equal(await migratedSchema(), committed, 'node scripts/schema-dump.ts writes it anew')
})

t.test('src/store/relied-on.json is what the migrations make of an empty database', async (t) => {
  const committed = await readFile(
    join(import.meta.dirname, '../../src/store/relied-on.json'),
    'utf8',
  )
  t.equal(await migratedSchema(dumpReliedOn), committed, 'npm run schema writes it anew')
})

t.test('test/schema.sql recreates the same schema completely', async (t) => {
  const committed = await readFile(join(import.meta.dirname, '../schema.sql'), 'utf8')
  const database = await createEmptyDatabase()
  t.teardown(() => database.drop())
  await withClient(database.url, async (client) => {
    await client.query(committed)
    // Reading an AND again flattens it.
    t.equal(withoutBrackets(await dumpSchema(client)), withoutBrackets(committed))
  })
  const migrated = await createTestDatabase()
  t.teardown(() => migrated.drop())
  t.same(await withClient(migrated.url, objectsNotDumped), [])
})

t.test('migrating a migrated database does nothing', async (t) => {
  const { db } = await openEmpty(t)
  t.match(await loadSchemaState(db), { missing: ['0001_initial'], unknown: [] })
  t.match(await migrate(db), ['0001_initial'])
  t.same(await migrate(db), [])
  t.same(await loadSchemaState(db), { missing: [], unknown: [] })
})

t.test('this version and the next migrate one database in either order', async (t) => {
  const folder = await migrationsOfNextVersion(t)
  const unknown = ['9999_of_the_next_version']
  for (const order of [
    [undefined, folder],
    [folder, undefined],
  ]) {
    const { db, other } = await openEmpty(t)
    const [first, second] = await Promise.all([migrate(db, order[0]), migrate(other, order[1])])
    t.equal(new Set([...first, ...second]).size, first.length + second.length, 'each runs once')
    t.same(await loadSchemaState(db, folder), { missing: [], unknown: [] })
    t.same(await loadSchemaState(db), { missing: [], unknown }, 'to this version it is newer')
    t.same(await migrate(db), [], 'and is left as it is')
  }
})

t.test('an unknown schema is refused and left unchanged', async (t) => {
  const broken: readonly [string, string, RegExp][] = [
    ['a gap', `delete from kysely_migration where name like '0001%'`, /lacks 0001_initial\./],
    [
      'another line',
      `update kysely_migration set name = '0002_other' where name like '0002%'`,
      /lacks 0002_freshness and has 0002_other\..* first run the version of aeon-keys that has both \d{4}_\w+ and 0002_other/,
    ],
    ['no record', 'drop table kysely_migration', /no record of migrations/],
  ]
  for (const [label, statement, message] of broken) {
    const { db, url } = await openEmpty(t)
    await migrate(db)
    await withClient(url, (client) => client.query(statement))
    const before = await withClient(url, dumpSchema)
    await t.rejects(migrate(db), { message }, label)
    await t.rejects(loadSchemaState(db), { message }, label)
    t.equal(await withClient(url, dumpSchema), before)
  }
})

async function openEmpty(t: Test) {
  const database = await createEmptyDatabase()
  const open = () => openTestDatabase(database.url, { poolMax: 2 })
  const [{ db }, { db: other }] = [open(), open()]
  t.teardown(async () => {
    await Promise.all([db.destroy(), other.destroy()])
    await database.drop()
  })
  return { db, other, url: database.url }
}

function withoutBrackets(text: string): string {
  return text.replaceAll(/[()]/g, '')
}

const ids = {
  platform: '00000000-0000-7000-8000-000000000001',
  acme: '00000000-0000-7000-8000-000000000002',
  globex: '00000000-0000-7000-8000-000000000003',
  acmeRole: '00000000-0000-7000-8000-000000000011',
  acmeDeadRole: '00000000-0000-7000-8000-000000000012',
  globexRole: '00000000-0000-7000-8000-000000000013',
  acmeList: '00000000-0000-7000-8000-000000000021',
  acmeDeadList: '00000000-0000-7000-8000-000000000022',
  globexList: '00000000-0000-7000-8000-000000000023',
  liveKey: '00000000-0000-7000-8000-000000000031',
  deadKey: '00000000-0000-7000-8000-000000000032',
  tagKey: '00000000-0000-7000-8000-000000000041',
  fresh: '00000000-0000-7000-8000-0000000000ff',
} as const

const sound = `
  insert into account (id, name, platform, created_at) values
    ('${ids.platform}', 'platform', true, now()),
    ('${ids.acme}', 'Acme', false, now()),
    ('${ids.globex}', 'Globex', false, now());
  ${insertRole({ id: ids.acmeRole, name: 'ops', folded_name: 'ops' })};
  ${insertRole({ id: ids.acmeDeadRole, name: 'old', folded_name: 'old', deleted_at: '2026-01-01', live: false })};
  ${insertRole({ id: ids.globexRole, account_id: ids.globex })};
  ${insertList({ id: ids.acmeList, name: 'office' })};
  ${insertList({ id: ids.acmeDeadList, name: 'old', deleted_at: '2026-01-01', live: false })};
  ${insertList({ id: ids.globexList, account_id: ids.globex })};
  ${insertKey({ id: ids.liveKey, name: 'live', reach: 'allow_lists' })};
  ${insertKey({ id: ids.deadKey, name: 'dead', revoked_at: '2026-01-01', revoked_by_kind: 'system', live: null })};
  ${insertUse({})};
  insert into tag_key values ('${ids.tagKey}', decode(repeat('00', 32), 'hex'), true, now());
  ${insertCredential({ generation: 1 })};
  insert into permission_catalogue (entries, updated_at) values ('[]', now());
`

const badStates: readonly (readonly [state: string, constraint: string, statement: string])[] = [
  ['a second platform account', 'account_platform', insertAccount({ platform: true })],
  ['an account with an empty name', 'account_name_check', insertAccount({ name: '' })],
  ['an account name with outer space', 'account_name_check', insertAccount({ name: ' Acme' })],
  ['an account name that is too long', 'account_name_check', insertAccount({ name: long(121) })],
  [
    'a project of two accounts',
    'account_project',
    `update account set project_id = '${ids.fresh}' where not platform`,
  ],
  [
    'an account that turns into the platform while it has roles',
    'role_account_id_platform_fkey',
    `delete from account where platform; update account set platform = true where id = '${ids.acme}'`,
  ],

  ['a role with an empty name', 'role_name_check', insertRole({ name: '' })],
  ['a role name that ends in a tab', 'role_name_check', insertRole({ name: 'x\t' })],
  ['two live roles of one folded name', 'role_name', insertRole({ folded_name: 'ops' })],
  [
    'a permission of the platform in a role of a tenant',
    'role_check',
    insertRole({ effective_platform: '{api_key:verify}' }),
  ],
  [
    'a role that calls itself of the platform in a tenant',
    'role_account_id_platform_fkey',
    insertRole({ platform: true, effective_platform: '{api_key:verify}' }),
  ],
  ['a live role that was deleted', 'role_check1', insertRole({ deleted_at: '2026-01-01' })],
  ['a dead role that was not deleted', 'role_check1', insertRole({ live: false })],
  [
    'a built-in role that was deleted',
    'role_check1',
    insertRole({ built_in: true, live: false, deleted_at: '2026-01-01' }),
  ],
  ['a role of no account', 'role_account_id_platform_fkey', insertRole({ account_id: ids.fresh })],
  [
    'a role description that is too long',
    'role_description_check',
    insertRole({ description: long(1001) }),
  ],

  ['a list without entries', 'allow_list_entries_check', insertList({ entries: '{}' })],
  [
    'a list of 101 entries',
    'allow_list_entries_check',
    insertList({ entries: `{${Array(101).fill('10.0.0.1').join()}}` }),
  ],
  ['a list name with outer space', 'allow_list_name_check', insertList({ name: 'office ' })],
  ['two live lists of one name', 'allow_list_name', insertList({ name: 'office' })],
  ['a live list that was deleted', 'allow_list_check', insertList({ deleted_at: '2026-01-01' })],
  ['a list of no account', 'allow_list_account_id_fkey', insertList({ account_id: ids.fresh })],

  ['a key with an empty name', 'api_key_name_check', insertKey({ name: '' })],
  ['a key name with outer space', 'api_key_name_check', insertKey({ name: '\nx' })],
  ['two live keys of one name', 'api_key_name', insertKey({ name: 'live' })],
  [
    'a key with the role of another account',
    'api_key_account_id_role_id_fkey',
    insertKey({ role_id: ids.globexRole }),
  ],
  [
    'a dead key with the role of another account',
    'api_key_account_id_role_id_fkey',
    insertKey({ role_id: ids.globexRole, live: null, expires_at: '2026-01-01' }),
  ],
  ['a live key with a dead role', 'api_key_uses_role', insertKey({ role_id: ids.acmeDeadRole })],
  [
    'a role deleted under a live key',
    'api_key_uses_role',
    `update role set live = false, deleted_at = now() where id = '${ids.acmeRole}'`,
  ],
  [
    'a role erased under a dead key',
    'api_key_account_id_role_id_fkey',
    `delete from api_key_allow_list; delete from api_key_usage; delete from credential;
     delete from api_key where id <> '${ids.deadKey}'; delete from role where id = '${ids.acmeRole}'`,
  ],
  [
    'a key that moves to another account',
    'api_key_account_id_role_id_fkey',
    `delete from api_key_usage; update api_key set account_id = '${ids.globex}' where id = '${ids.liveKey}'`,
  ],
  ['a reach that is unknown', 'api_key_reach_check', insertKey({ reach: 'somewhere' })],
  ['a revocation by nobody', 'api_key_check', insertKey({ revoked_at: '2026-01-01', live: null })],
  ['a revoker without a revocation', 'api_key_check', insertKey({ revoked_by_kind: 'system' })],
  [
    'a reason without a revocation',
    'api_key_check1',
    insertKey({ revocation_reason: 'lost', live: true }),
  ],
  [
    'a revoked key that holds its name',
    'api_key_check2',
    insertKey({ revoked_at: '2026-01-01', revoked_by_kind: 'system' }),
  ],
  [
    'a good key that never expires and does not hold its name',
    'api_key_check3',
    insertKey({ live: null }),
  ],
  ['a key that is live and not', 'api_key_live_check', insertKey({ live: false })],
  ['a creator of no kind', 'api_key_created_by_kind_check', insertKey({ created_by_kind: 'god' })],
  [
    'a token prefix that no parser takes',
    'api_key_token_prefix_check',
    insertKey({ token_prefix: 'A_' }),
  ],

  [
    'a key bound to the list of another account',
    'api_key_allow_list_account_id_allow_list_id_fkey',
    bind({ allow_list_id: ids.globexList }),
  ],
  [
    'a key bound by way of another account',
    'api_key_allow_list_account_id_api_key_id_fkey',
    bind({ account_id: ids.globex, allow_list_id: ids.globexList }),
  ],
  [
    'a live key bound to a dead list',
    'api_key_uses_allow_list',
    bind({ allow_list_id: ids.acmeDeadList }),
  ],
  [
    'a list deleted under a live key',
    'api_key_uses_allow_list',
    `${bind({})}; update allow_list set live = false, deleted_at = now() where id = '${ids.acmeList}'`,
  ],
  [
    'a dead key that holds a list',
    'api_key_allow_list_held_by_key',
    bind({ api_key_id: ids.deadKey }),
  ],
  [
    'a key that holds a list and may be used from anywhere',
    'api_key_allow_list_held_by_key',
    `update api_key set reach = 'anywhere' where id = '${ids.liveKey}'; ${bind({})}`,
  ],
  ['a key bound twice to one list', 'api_key_allow_list_pkey', `${bind({})}; ${bind({})}`],

  [
    'the use of a key told to another account',
    'api_key_usage_account_id_api_key_id_fkey',
    insertUse({ api_key_id: ids.deadKey, account_id: ids.globex }),
  ],
  [
    'a use that never was',
    'api_key_usage_use_count_check',
    insertUse({ api_key_id: ids.deadKey, use_count: 0 }),
  ],

  [
    'two credentials of one generation',
    'credential_pkey',
    insertCredential({ generation: 1, tag: 'bbbbbbbbbbb' }),
  ],
  ['two credentials of one tag', 'credential_api_key_id_tag_key', insertCredential({})],
  [
    'a credential of generation 0',
    'credential_generation_check',
    insertCredential({ generation: 0, tag: 'bbbbbbbbbbb' }),
  ],
  [
    'a credential of no key',
    'credential_api_key_id_fkey',
    insertCredential({ api_key_id: ids.fresh }),
  ],
  ['a tag of another width', 'credential_tag_check', insertCredential({ tag: 'bbbbbbbbbb' })],
  [
    'a hash that is not Argon2id',
    'credential_hash_check',
    insertCredential({ tag: 'bbbbbbbbbbb', hash: '$2b$10$x' }),
  ],
  [
    'a hash with a pepper that nobody knows',
    'credential_pepper_id_fkey',
    insertCredential({ tag: 'bbbbbbbbbbb', pepper_id: 'p1' }),
  ],
  [
    'a first use that retires others before it',
    'credential_retires_older_after_seconds_check',
    insertCredential({ generation: 2, tag: 'bbbbbbbbbbb', retires_older_after_seconds: -1 }),
  ],
  [
    'metadata that are no map',
    'api_key_metadata_check',
    `update api_key set metadata = '["a"]' where id = '${ids.liveKey}'`,
  ],
  [
    'metadata without a bound',
    'api_key_metadata_check',
    `update api_key set metadata = jsonb_build_object('a', repeat('x', 9000)) where id = '${ids.liveKey}'`,
  ],

  [
    'a request that was done twice',
    'idempotent_request_pkey',
    `${insertRequest({})}; ${insertRequest({ body_digest: 'other' })}`,
  ],
  [
    'an idempotency key without a character',
    'idempotent_request_idempotency_key_check',
    insertRequest({ idempotency_key: '' }),
  ],
  [
    'an idempotency key of 256 characters',
    'idempotent_request_idempotency_key_check',
    insertRequest({ idempotency_key: long(256) }),
  ],
  ['a request of nobody', 'idempotent_request_author_check', insertRequest({ author: '' })],
  [
    'a request that made a key of another account',
    'idempotent_request_account_id_api_key_id_fkey',
    `${insertRequest({ account_id: ids.globex })}; set constraints all immediate`,
  ],

  [
    'a tag key erased under a credential',
    'credential_tag_key_id_fkey',
    `delete from tag_key where id = '${ids.tagKey}'`,
  ],
  [
    'two tag keys that sign',
    'tag_key_signs',
    `insert into tag_key values ('${ids.fresh}', decode(repeat('01', 32), 'hex'), true, now())`,
  ],
  [
    'a tag key that is too short',
    'tag_key_key_check',
    `insert into tag_key values ('${ids.fresh}', decode('00', 'hex'), false, now())`,
  ],
  ['a pepper id with a space', 'pepper_id_check', `insert into pepper values ('p 1', 'x', now())`],
  [
    'a second catalogue',
    'permission_catalogue_pkey',
    `insert into permission_catalogue (entries, updated_at) values ('[]', now())`,
  ],
  [
    'a second catalogue under another name',
    'permission_catalogue_singleton_check',
    `insert into permission_catalogue values (false, '[]', now())`,
  ],
]

t.test('database constraints refuse every inconsistent state', async (t) => {
  const database = await createTestDatabase()
  t.teardown(() => database.drop())
  await withClient(database.url, async (client) => {
    await client.query(sound)
    for (const [state, constraint, statement] of badStates) {
      t.equal(await refusalOf(client, statement), constraint, state)
    }
  })
})

t.test(
  'database constraints allow ended keys to keep names, roles and lists of others',
  async (t) => {
    const database = await createTestDatabase()
    t.teardown(() => database.drop())
    const good: readonly (readonly [string, string])[] = [
      ['the name of a revoked key', insertKey({ name: 'dead' })],
      ['the name of a deleted role', insertRole({ name: 'old', folded_name: 'old' })],
      ['the name of a deleted list', insertList({ name: 'old' })],
      [
        'the name of a key of another account',
        insertKey({ account_id: ids.globex, role_id: ids.globexRole, name: 'live' }),
      ],
      [
        'an expired key that let go',
        insertKey({ expires_at: '2026-01-01', live: null, role_id: ids.acmeDeadRole }),
      ],
      [
        'a deleted list whose only key may be used from anywhere since',
        `${bind({})}; update api_key set reach = 'anywhere' where id = '${ids.liveKey}';
       update allow_list set live = false, deleted_at = now() where id = '${ids.acmeList}'`,
      ],
      ['a restricted key without a list', insertKey({ reach: 'allow_lists' })],
      [
        'a dead binding to a dead list',
        bind({ api_key_id: ids.deadKey, allow_list_id: ids.acmeDeadList, live: null }),
      ],
      [
        'a permission of the platform in a role of the platform',
        insertRole({
          account_id: ids.platform,
          platform: true,
          effective_platform: '{api_key:verify}',
        }),
      ],
    ]
    await withClient(database.url, async (client) => {
      await client.query(sound)
      for (const [state, statement] of good) {
        t.equal(await refusalOf(client, statement), undefined, state)
      }
    })
  },
)

/** The constraint that refuses the statements, run for themselves and undone. */
async function refusalOf(client: Client, statements: string): Promise<string | undefined> {
  await client.query('begin')
  try {
    await client.query(statements)
    return undefined
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    return error.constraint ?? error.message
  } finally {
    await client.query('rollback')
  }
}

type Values = Readonly<Record<string, string | number | boolean | null>>

function insert(table: string, values: Values): string {
  const literals = Object.values(values).map((value) =>
    value === null ? 'null' : `'${String(value).replaceAll("'", "''")}'`,
  )
  return `insert into ${table} (${Object.keys(values).join()}) values (${literals.join()})`
}

function insertAccount(values: Values): string {
  return insert('account', {
    id: ids.fresh,
    name: 'x',
    platform: false,
    created_at: 'now',
    ...values,
  })
}

function insertRole(values: Values): string {
  return insert('role', {
    id: ids.fresh,
    account_id: ids.acme,
    platform: false,
    name: 'x',
    folded_name: 'x',
    description: '',
    built_in: false,
    permissions: '{}',
    effective_account: '{}',
    effective_platform: '{}',
    created_at: 'now',
    updated_at: 'now',
    live: true,
    ...values,
  })
}

function insertList(values: Values): string {
  return insert('allow_list', {
    id: ids.fresh,
    account_id: ids.acme,
    name: 'x',
    description: '',
    entries: '{10.0.0.0/8}',
    created_at: 'now',
    updated_at: 'now',
    live: true,
    ...values,
  })
}

function insertKey(values: Values): string {
  return insert('api_key', {
    id: ids.fresh,
    account_id: ids.acme,
    name: 'x',
    description: '',
    role_id: ids.acmeRole,
    reach: 'anywhere',
    token_prefix: 'aeon',
    created_at: 'now',
    created_by_kind: 'system',
    live: true,
    ...values,
  })
}

function bind(values: Values): string {
  return insert('api_key_allow_list', {
    account_id: ids.acme,
    api_key_id: ids.liveKey,
    allow_list_id: ids.acmeList,
    live: true,
    ...values,
  })
}

function insertRequest(values: Values): string {
  return insert('idempotent_request', {
    author: ids.liveKey,
    account_id: ids.acme,
    route: 'issue',
    idempotency_key: 'k',
    body_digest: 'd',
    api_key_id: ids.liveKey,
    generation: 1,
    created_at: '2026-01-01',
    ...values,
  })
}

function insertUse(values: Values): string {
  return insert('api_key_usage', {
    api_key_id: ids.liveKey,
    account_id: ids.acme,
    last_used_at: 'now',
    use_count: 1,
    ...values,
  })
}

function insertCredential(values: Values): string {
  return insert('credential', {
    api_key_id: ids.liveKey,
    generation: 2,
    tag: 'aaaaaaaaaaa',
    tag_key_id: ids.tagKey,
    hash: '$argon2id$v=19$m=1024,t=1,p=1$c2FsdHNhbHQ$aGFzaA',
    hash_profile: 1,
    created_at: 'now',
    ...values,
  })
}

function long(length: number): string {
  return 'x'.repeat(length)
}

t.test(
  'the credential statement is prepared once a connection and works when it is lost',
  async (t) => {
    const database = await createTestDatabase()
    const { db } = openTestDatabase(database.url)
    t.teardown(async () => {
      await db.destroy()
      await database.drop()
    })
    const names = [{ apiKeyId: randomUUID(), tag: 'no tag' }]
    const kept = async () => {
      const { rows } = await sql<{ name: string }>`select name from pg_prepared_statements`.execute(
        db,
      )
      return rows.length
    }
    for (const _ of [1, 2]) t.same(await findCredentials(db, names), [undefined])
    t.equal(await kept(), 1)
    // As behind a pooler that lends another connection each time.
    await sql`deallocate all`.execute(db)
    for (const _ of [1, 2]) t.same(await findCredentials(db, names), [undefined])
    t.equal(await kept(), 0)
  },
)
