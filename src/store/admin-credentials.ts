import type { CredentialRef } from '../domain/key/api-key.ts'
import type { Executor } from './database.ts'

/**
 * The live credential of the newest key of an account that has the built-in role admin, may be used
 * from anywhere and is valid at a moment; undefined when there is none.
 */
export async function findCredentialOfAdmin(
  db: Executor,
  accountId: string,
  now: Date,
): Promise<CredentialRef | undefined> {
  const row = await db
    .selectFrom('api_key')
    .innerJoin('role', 'role.id', 'api_key.role_id')
    .innerJoin('credential', 'credential.api_key_id', 'api_key.id')
    .select(['api_key.id', 'credential.generation'])
    .where('api_key.account_id', '=', accountId)
    .where('role.built_in', '=', true)
    .where('role.name', '=', 'admin')
    .where('api_key.reach', '=', 'anywhere')
    .where('api_key.revoked_at', 'is', null)
    .where('api_key.disabled_at', 'is', null)
    .where((is) =>
      is.or([is('api_key.expires_at', 'is', null), is('api_key.expires_at', '>', now)]),
    )
    .where('credential.ended_at', 'is', null)
    .where('credential.ends_at', 'is', null)
    .orderBy('api_key.created_at', 'desc')
    .orderBy('api_key.id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row && { apiKeyId: row.id, generation: row.generation }
}
