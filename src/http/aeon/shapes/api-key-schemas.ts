import { Type } from 'typebox'
import { maxAllowListsPerKey, maxEntriesPerKey, maxKeyHours } from '../../../domain/limits.ts'
import { closed, ref } from '../../schema-tools.ts'
import { EntityMetadata } from './entity-metadata.ts'
import { description, name, textOrNull, toleratingNull } from './fields.ts'
import { ApiKeyStatusEnum } from './key-status.ts'
import { RoleData } from './role.ts'

const uuid = (description: string) => Type.String({ format: 'uuid', description })

/** The request that issues a key, and a part of the answers. */
export const ApiKeySpec = Type.Object(
  {
    name,
    description,
    expire_after_hours: Type.Integer({
      format: 'int32',
      minimum: 0,
      maximum: maxKeyHours,
      description: 'Lifetime in hours. 0: the key never expires.',
    }),
    role_id: toleratingNull<string>({
      type: 'string',
      format: 'uuid',
      description: 'Id of the role. Absent: the Admin role.',
    }),
    allow_list_info: toleratingNull<string[]>({
      type: 'array',
      items: { type: 'string', format: 'uuid' },
      maxItems: maxAllowListsPerKey,
      description: `Ids of allow lists, which have at most ${maxEntriesPerKey} entries together. A repeated id counts once. Absent or empty: the key is usable from any address.`,
    }),
  },
  {
    $id: 'ApiKeySpec',
    description: 'What a caller sets of a key.',
    example: { name: 'nightly build', expire_after_hours: 720 },
    ...closed,
  },
)

export const ApiKeyData = Type.Object(
  {
    spec: ref(ApiKeySpec),
    info: Type.Object(
      {
        id: uuid('Id of the key.'),
        issuer: Type.String({ description: 'The user or key that issued the key.' }),
        metadata: ref(EntityMetadata),
        expiry_time: Type.String({ description: '`2099-12-31T00:00Z`: the key never expires.' }),
        status: ref(ApiKeyStatusEnum),
        last_used_time: Type.String({ description: 'Time of the last use, or `Not yet used`.' }),
        usage_count: Type.Integer({ format: 'int64', description: 'Number of uses.' }),
        account_id: uuid('Id of the account of the key.'),
        revoked_by_user_id: textOrNull({ description: 'Id of the user who revoked the key.' }),
        revoked_by_user_email: textOrNull({ description: 'Name of the user who revoked the key.' }),
        revoked_by_api_key_id: textOrNull({ description: 'Id of the key that revoked the key.' }),
        revoked_by_api_key_name: textOrNull({
          description: 'Name of the key that revoked the key.',
        }),
        revoked_at_time: textOrNull({
          description: 'Null: the key is not revoked, or only disabled.',
        }),
        role: ref(RoleData),
      },
      { description: 'What the service sets of a key.' },
    ),
  },
  { $id: 'ApiKeyData', description: 'A key, without its secret.' },
)
