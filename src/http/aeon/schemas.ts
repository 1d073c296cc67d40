import { Type } from 'typebox'
import { nullableString, oneOf, ref } from '../schema-tools.ts'
import { PagingMetadata } from './paging.ts'
import { EntityMetadata, keyStatuses, RoleData } from './role-schemas.ts'

/** What this face answers: an entity is its `spec`, which the caller set, and its `info`. */
const id = Type.String({ format: 'uuid' })

export const PingResponse = Type.Object(
  {
    data: Type.Object({
      build_info: Type.Object({ revision: Type.String(), branch: Type.String() }),
      runtime_info: Type.Object({ start_timestamp: Type.String(), alive: Type.Boolean() }),
    }),
  },
  { $id: 'PingResponse' },
)

export const ProjectData = Type.Object(
  {
    id,
    name: Type.String(),
    spec: Type.Object({ name: Type.String() }),
    info: Type.Object({ id }),
    metadata: Type.Unsafe<null>({ type: 'null' }),
  },
  { $id: 'ProjectData' },
)

export const AccountData = Type.Object(
  {
    spec: Type.Object({ name: Type.String() }),
    info: Type.Object({
      id,
      owner_id: Type.String({
        format: 'uuid',
        description: 'Id of the account: the service has no users.',
      }),
      roles: Type.Array(ref(RoleData), { maxItems: 0 }),
      projects: Type.Array(ref(ProjectData), { minItems: 1, maxItems: 1 }),
      metadata: ref(EntityMetadata),
    }),
  },
  { $id: 'AccountData' },
)

export const AccountResponse = Type.Object({ data: ref(AccountData) }, { $id: 'AccountResponse' })
export const AccountListResponse = Type.Object(
  { data: Type.Array(ref(AccountData)), _metadata: ref(PagingMetadata) },
  { $id: 'AccountListResponse' },
)
export const ProjectListResponse = Type.Object(
  { data: Type.Array(ref(ProjectData)), _metadata: ref(PagingMetadata) },
  { $id: 'ProjectListResponse' },
)

export const ApiKeyData = Type.Object(
  {
    spec: Type.Object({
      name: Type.String(),
      description: Type.String(),
      expire_after_hours: Type.Integer({
        format: 'int32',
        description: '0: the key never expires.',
      }),
      role_id: id,
      allow_list_info: Type.Array(id, {
        description: 'Empty: the key is usable from any address.',
      }),
    }),
    info: Type.Object({
      id,
      issuer: Type.String({ description: 'The user or key that issued the key.' }),
      metadata: ref(EntityMetadata),
      expiry_time: Type.String({ description: '`2099-12-31T00:00Z`: the key never expires.' }),
      status: oneOf(keyStatuses, { description: 'A disabled key is `REVOKED`.' }),
      last_used_time: Type.String({ description: 'Time of the last use, or `Not yet used`.' }),
      usage_count: Type.Integer({ format: 'int64' }),
      account_id: id,
      revoked_by_user_id: nullableString(),
      revoked_by_user_email: nullableString(),
      revoked_by_api_key_id: nullableString(),
      revoked_by_api_key_name: nullableString(),
      revoked_at_time: nullableString({
        description: 'Null: the key is not revoked, or only disabled.',
      }),
      role: ref(RoleData),
    }),
  },
  { $id: 'ApiKeyData' },
)

export const ApiKeyResponse = Type.Object({ data: ref(ApiKeyData) }, { $id: 'ApiKeyResponse' })
export const CreateApiKeyResponse = Type.Object(
  {
    data: ref(ApiKeyData),
    jwt: Type.String({ description: 'The secret. Returned only in this response.' }),
  },
  { $id: 'CreateApiKeyResponse' },
)
export const ApiKeyListResponse = Type.Object(
  { data: Type.Array(ref(ApiKeyData)), _metadata: ref(PagingMetadata) },
  { $id: 'ApiKeyListResponse' },
)

export const NetworkAllowListData = Type.Object(
  {
    spec: Type.Object({
      name: Type.String(),
      description: Type.String(),
      allow_list: Type.Array(Type.String()),
    }),
    info: Type.Object({
      id,
      project_id: id,
      cluster_ids: Type.Array(id, { maxItems: 0 }),
      cluster_list: Type.Array(Type.Object({ id, name: Type.String() }), { maxItems: 0 }),
      peering_id: Type.Unsafe<null>({ type: 'null' }),
      api_key_list: Type.Array(Type.Object({ name: Type.String(), status: oneOf(keyStatuses) }), {
        description: 'The newest 100 active keys that use the list.',
      }),
    }),
  },
  { $id: 'NetworkAllowListData' },
)

export const NetworkAllowListResponse = Type.Object(
  { data: ref(NetworkAllowListData) },
  { $id: 'NetworkAllowListResponse' },
)
export const NetworkAllowListListResponse = Type.Object(
  { data: Type.Array(ref(NetworkAllowListData)), _metadata: ref(PagingMetadata) },
  { $id: 'NetworkAllowListListResponse' },
)
