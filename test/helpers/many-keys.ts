import type { Client } from 'pg'

/** Accounts as years of use leave them; the first has most of the keys. */
export interface ManyKeys {
  /** The account that has three of five keys. */
  readonly accountId: string
  /** Two of its roles: one that most keys have, and one that few have. */
  readonly commonRoleId: string
  readonly rareRoleId: string
  /** A list that a hundredth of its keys use, and a list that no key uses. */
  readonly listId: string
  readonly deadListId: string
}

const accounts = 20
const accountId = idOf(0, 'account')

/**
 * Fills an empty, migrated database with `count` keys, straight by SQL, and lets the planner know.
 * They were issued evenly over the two years before `now`, most with a year to live; a tenth is
 * revoked, a hundredth disabled, a quarter never expires, and most were used until some months
 * after their issue.
 */
export async function insertManyKeys(client: Client, count: number, now: Date): Promise<ManyKeys> {
  const statements = [
    // The references of generated rows need no check, one by one.
    `set session_replication_role = replica`,
    `insert into account (id, name, platform, created_at)
     select ${accountId}, 'account ' || account, false, $1 from generate_series(1, ${accounts}) account`,
    `insert into role (id, account_id, platform, name, folded_name, description, built_in, permissions,
       effective_account, effective_platform, created_at, updated_at, live)
     select ${idOf(1, 'account * 10 + r')}, ${accountId}, false, 'role ' || r, 'role ' || r, '', false,
       '{cluster:read}', '{cluster:read}', '{}', $1, $1, true
     from generate_series(1, ${accounts}) account, generate_series(1, 4) r`,
    `insert into allow_list (id, account_id, name, description, entries, created_at, updated_at, live)
     select ${idOf(2, 'account * 10 + l')}, ${accountId}, 'list ' || l, '', '{10.0.0.0/8}', $1, $1, true
     from generate_series(1, ${accounts}) account, generate_series(1, 2) l`,
    `insert into api_key (id, account_id, name, description, role_id, reach, token_prefix, created_at,
       created_by_kind, created_by_id, expires_at, disabled_at, revoked_at, revoked_by_kind, live)
     select ${idOf(3, 'n')}, ${accountId}, (array['ci', 'deploy', 'etl', 'svc'])[1 + ${chance(1, 4)}] || '-' || lpad(n::text, 8, '0'),
       '', ${idOf(1, 'account * 10 + r')}, case when ${chance(2, 100)} = 0 then 'allow_lists' else 'anywhere' end,
       'aeon', created_at, 'user', 'user ' || ${chance(3, 50)},
       case when ${chance(4, 4)} > 0 then created_at + interval '365 days' end,
       case when ${chance(5, 100)} = 0 then created_at + interval '1 day' end,
       case when revoked then created_at + interval '2 days' end,
       case when revoked then 'system' end, case when not revoked then true end
     from generate_series(1, ${count}) n,
       lateral (select case when ${chance(6, 5)} < 3 then 1 else 2 + ${chance(7, accounts - 1)} end as account,
         (array[1, 1, 1, 1, 1, 1, 2, 2, 2, 3])[1 + ${chance(8, 10)}] + case when ${chance(9, 100)} = 0 then 1 else 0 end as r,
         ${chance(10, 10)} = 0 as revoked,
         $1::timestamptz - (${count} - n) * interval '730 days' / ${count} as created_at) as drawn`,
    `insert into api_key_allow_list (account_id, api_key_id, allow_list_id, live)
     select account_id, id, ${idOf(2, 'right(account_id::text, 12)::int * 10 + 1')}, live
     from api_key where reach = 'allow_lists'`,
    `insert into api_key_usage (api_key_id, account_id, created_at, last_used_at, use_count)
     select id, account_id, created_at, least($1::timestamptz, created_at + interval '300 days' * ${chance(11, 100)} / 100), 1
     from api_key, lateral (select right(id::text, 9)::int as n) as numbered where ${chance(12, 10)} < 7`,
    `insert into tag_key (id, key, signs, created_at)
     values (gen_random_uuid(), decode(repeat('00', 32), 'hex'), true, $1)`,
    `insert into credential (api_key_id, generation, tag, tag_key_id, hash, hash_profile, created_at)
     select api_key.id, 1, right(api_key.id::text, 11), tag_key.id, '$argon2id$', 1, $1
     from api_key, tag_key`,
  ]
  for (const text of statements) {
    await client.query(text, text.includes('$1') ? [now] : [])
  }
  await client.query('reset session_replication_role')
  // As autovacuum leaves the tables sooner or later: plans differ before and after.
  await client.query('vacuum analyze')
  return {
    accountId: '00000000-0000-7000-8000-000000000001',
    commonRoleId: '00000000-0001-7000-8000-000000000011',
    rareRoleId: '00000000-0001-7000-8000-000000000014',
    listId: '00000000-0002-7000-8000-000000000011',
    deadListId: '00000000-0002-7000-8000-000000000012',
  }
}

/** SQL for a generated id: of which kind of thing, and of which number. */
function idOf(kind: number, number: string): string {
  return `('00000000-000${kind}-7000-8000-' || lpad((${number})::text, 12, '0'))::uuid`
}

/** SQL for a pseudo-random whole number below `sides` for `n`, the same each time. */
function chance(die: number, sides: number): string {
  return `(abs(hashint4(n * 31 + ${die})) % ${sides})`
}
