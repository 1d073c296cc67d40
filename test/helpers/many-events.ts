import type { Client } from 'pg'
import { auditActions } from '../../src/domain/audit/audit-event.ts'

/** An account with many events, and selective values to find few of them by. */
export interface ManyEvents {
  readonly accountId: string
  /** The actor of one event in a thousand. */
  readonly actorId: string
  /** The resource of one event in ten thousand. */
  readonly resourceId: string
  /** A word of one event in fifteen thousand, and the address that each of these came from. */
  readonly word: string
  readonly clientIp: string
}

/**
 * Gives a migrated database `count` events of one account, over a year, straight by SQL, and a
 * tenth as many of another beside it, with a thousand keys each for three of them; and lets the
 * planner know. Their entry hashes are made up.
 */
export async function insertManyEvents(client: Client, count: number): Promise<ManyEvents> {
  await client.query(
    `insert into audit_event (account_id, number, id, created_at, action, actor_kind, actor_id,
       resource_id, content, link)
     select ${idOf(`a`)}, n, gen_random_uuid(), created_at, action, 'user', 'user ' || n % 1000,
       ${idOf('1000 + n % 10000')},
       replace(json_build_object('account_id', ${idOf('a')}, 'action', action, 'actor',
         json_build_object('id', 'user ' || n % 1000, 'kind', 'user', 'name', 'Ada'),
         'after', json_build_object('name', 'ci ' || n, 'description', repeat('x', 200),
           'client_ip', client_ip), 'number', n,
         'created_at', created_at, 'resource', json_build_object('type', 'api_key'),
         'reason', case n % 15000 when 7 then 'Leaked' end,
         'client_ip', client_ip)::text,
         ' : ', ':'),
       sha256(n::text::bytea)
     from generate_series(1, 2) a, generate_series(1, $1::int) n,
       lateral (select ($2::text[])[1 + n % cardinality($2)] as action,
         case n % 15000 when 7 then '203.0.113.9' else '203.0.113.10' end as client_ip,
         timestamptz '2026-01-01' + interval '365 days' * n / $1::int as created_at) as drawn
     where a = 1 or n % 10 = 0`,
    [count, auditActions],
  )
  await client.query(
    `insert into audit_event_key (account_id, number, api_key_id)
     select ${idOf('1')}, n, ${idOf('1000 + key')}
     from unnest(array[$1::int / 3, $1::int / 2, $1::int]) n, generate_series(0, 999) key`,
    [count],
  )
  await client.query('analyze audit_event')
  await client.query('analyze audit_event_key')
  return {
    accountId: uuid(1),
    actorId: 'user 7',
    resourceId: uuid(1_007),
    word: 'leak',
    clientIp: '203.0.113.9',
  }
}

/** SQL for the id with that number. */
function idOf(number: string): string {
  return `('00000000-0000-7000-8000-' || lpad((${number})::text, 12, '0'))::uuid`
}

function uuid(number: number): string {
  return `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`
}
