import { sql } from 'kysely'
import type { Actor } from '../../src/domain/key/api-key.ts'
import type { Deps } from '../../src/http/deps.ts'
import type { Executor } from '../../src/store/database.ts'
import { inTransaction } from '../../src/store/transaction.ts'
import { type MadeKey, spreadMs } from './make-keys.ts'

export interface KeysToLoad {
  readonly accountId: string
  readonly roleId: string
  readonly createdBy: Actor
  readonly used: readonly MadeKey[]
  readonly revoked: readonly MadeKey[]
  readonly expired: readonly MadeKey[]
  /** The number of further keys, whose secret nobody knows. */
  readonly others: number
}

type State = 'used' | 'revoked' | 'expired'

const staged = 5_000

/**
 * Fills the tables of an account as two years of issuing, using and revoking would have. The rows
 * are collected in a table without indexes and moved in order of creation: a million in a minute or
 * two.
 */
export async function loadKeys(deps: Deps, load: KeysToLoad): Promise<void> {
  await inTransaction(deps.db, async (trx) => {
    await sql`
      create temporary table staged (
        id uuid, created_at timestamptz, tag text, hash text, hash_profile smallint, state text
      ) on commit drop`.execute(trx)
    for (const state of ['used', 'revoked', 'expired'] as const) {
      await harness(trx, load[state], state)
    }
    await stageOthers(trx, load.others, deps.hasher.profile.version)
    await moveIntoPlace(trx, deps, load)
  })
  // The server would do this by itself, at some time in the middle of a measurement.
  for (const table of ['api_key', 'credential', 'api_key_usage']) {
    await sql`vacuum (analyze) ${sql.table(table)}`.execute(deps.db)
  }
}

async function harness(trx: Executor, keys: readonly MadeKey[], state: State): Promise<void> {
  for (let start = 0; start < keys.length; start += staged) {
    const some = keys.slice(start, start + staged)
    await sql`
      insert into staged
      select *, ${state} from unnest(
        ${some.map(({ id }) => id)}::uuid[],
        ${some.map(({ createdAt }) => createdAt)}::timestamptz[],
        ${some.map(({ token }) => token.tag)}::text[],
        ${some.map(({ secretHash }) => secretHash.hash)}::text[],
        ${some.map(({ secretHash }) => secretHash.hashProfile)}::smallint[])`.execute(trx)
  }
}

/** Version 7 UUIDs, tags and hashes of the right shape and size; no secret matches the hash. */
async function stageOthers(trx: Executor, count: number, hashProfile: number): Promise<void> {
  await sql`
    insert into staged
    select
      overlay(overlay(
        lpad(to_hex((extract(epoch from created_at) * 1000)::bigint), 12, '0') || right(noise, 20)
        placing '7' from 13) placing '8' from 17)::uuid,
      created_at,
      left(noise, 11),
      '$argon2id$v=19$m=1024,t=1,p=1$' || left(noise, 22) || '$' || noise || left(noise, 11),
      ${hashProfile}::smallint,
      case number % 20 when 0 then 'revoked' when 1 then 'expired' when 2 then 'expiring' else 'used' end
    from (
      select number, md5(number || 'bench') as noise,
        now() - ${spreadMs}::bigint * interval '1 millisecond' * random() as created_at
      from generate_series(1, ${count}::integer) as number
    ) as others`.execute(trx)
}

async function moveIntoPlace(trx: Executor, deps: Deps, load: KeysToLoad): Promise<void> {
  const { accountId, roleId, createdBy } = load
  // The rows are valid by construction; otherwise each is looked up four times.
  await sql`set local session_replication_role = replica`.execute(trx)
  await sql`
    insert into api_key (
      id, account_id, name, description, role_id, reach, token_prefix, created_at,
      created_by_kind, created_by_id, created_by_name, expires_at, revoked_at, revoked_by_kind, live)
    select id, ${accountId}, 'key ' || id, '', ${roleId}, 'anywhere', ${deps.tokenPrefix}, created_at,
      ${createdBy.kind}, ${createdBy.id}, ${createdBy.name},
      case state
        when 'expired' then created_at + (now() - created_at) * random()
        when 'expiring' then now() + interval '1 year' * random()
      end,
      case state when 'revoked' then created_at + (now() - created_at) * random() end,
      case state when 'revoked' then 'system' end,
      case when state <> 'revoked' then true end
    from staged order by created_at`.execute(trx)
  await sql`
    insert into credential (
      api_key_id, generation, tag, tag_key_id, hash, hash_profile, created_at, first_used_at)
    select id, 1, tag, ${deps.keyring.signing.id}, hash, hash_profile, created_at,
      created_at
    from staged order by created_at`.execute(trx)
  await sql`
    insert into api_key_usage (api_key_id, account_id, created_at, last_used_at, use_count)
    select id, ${accountId}, created_at, created_at + (now() - created_at) * random(), 1
    from staged order by created_at`.execute(trx)
}
