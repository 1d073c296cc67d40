import { Type } from 'typebox'
import { actorKinds, keyStatuses, reaches } from '../../domain/key/api-key.ts'
import { permissionScopes } from '../../domain/permission.ts'
import { denialReasons, warnings } from '../../domain/verdict.ts'
import { nullableRef, nullableString, oneOf, ref } from '../schema-tools.ts'

export const id = (description?: string) =>
  Type.String({
    format: 'uuid',
    examples: ['0192f3a4-5b6c-7d8e-9f01-23456789abcd'],
    ...(description === undefined ? {} : { description }),
  })
export const time = (description?: string) =>
  Type.String({
    format: 'date-time',
    examples: ['2026-11-23T08:25:00.000Z'],
    ...(description === undefined ? {} : { description }),
  })
/** A flat map of texts: an open object, in which every field is a string. */
export const metadata = (description: string) =>
  Type.Unsafe<Record<string, string>>({
    type: 'object',
    additionalProperties: { type: 'string' },
    description,
    examples: [{ team: 'billing' }],
  })
const nullableTime = (description: string) => nullableString({ format: 'date-time', description })

export const AccountBody = Type.Object(
  {
    id: id(),
    name: Type.String({ examples: ['Acme'] }),
    project_id: id("Id of the account's only project, for the Aeon API."),
    created_at: time(),
  },
  { $id: 'Account' },
)

export const RoleRefBody = Type.Object(
  { id: id(), name: Type.String({ examples: ['developer'] }) },
  { $id: 'RoleRef' },
)

export const RoleBody = Type.Object(
  {
    id: id(),
    account_id: id(),
    name: Type.String({ examples: ['developer'] }),
    description: Type.String(),
    permissions: Type.Array(Type.String(), {
      description: 'The permissions as given, without implied permissions.',
    }),
    built_in: Type.Boolean(),
  },
  { $id: 'Role' },
)

export const PermissionBody = Type.Object(
  {
    name: Type.String({ examples: ['cluster:read'] }),
    title: Type.String(),
    description: Type.String(),
    scope: oneOf(permissionScopes, {
      description: '`platform`: allowed only in roles of the platform account.',
    }),
    sensitive: Type.Boolean({
      description: 'Whether a holder of the permission can change access rights.',
    }),
    implies: Type.Array(Type.String()),
  },
  { $id: 'Permission' },
)

export const AllowListBody = Type.Object(
  {
    id: id(),
    account_id: id(),
    name: Type.String({ examples: ['office'] }),
    description: Type.String(),
    entries: Type.Array(Type.String(), {
      description: 'The entries exactly as given.',
      examples: [['203.0.113.7', '2001:db8::/32']],
    }),
    created_at: time(),
    updated_at: time(),
  },
  { $id: 'AllowList' },
)

export const ActorBody = Type.Object(
  { kind: oneOf(actorKinds), id: nullableString(), name: nullableString() },
  { $id: 'Actor', description: 'The user, API key or service that performed an action.' },
)

export const ApiKeyBody = Type.Object(
  {
    id: id(),
    account_id: id(),
    name: Type.String({ examples: ['ci deploy'] }),
    description: Type.String(),
    role: ref(RoleRefBody),
    status: oneOf(keyStatuses),
    reach: oneOf(reaches, {
      description:
        'Whether the key is usable from any address, or only from the addresses of its allow lists.',
    }),
    allow_list_ids: Type.Array(Type.String({ format: 'uuid' })),
    created_at: time(),
    created_by: ref(ActorBody),
    expires_at: nullableTime('Null: the key never expires.'),
    last_used_at: nullableTime('Time of the last use. Written in batches, some seconds late.'),
    use_count: Type.Integer({ format: 'int64' }),
    generation: Type.Integer({ description: 'Generation of the newest token.' }),
    overlap_ends_at: nullableTime(
      'Time until which an older token works beside the newest token. Null if no older token works.',
    ),
    metadata: metadata('Labels set by the callers that manage the key.'),
    disabled_at: nullableTime('Null: the key is not disabled.'),
    revoked_at: nullableTime('Null: the key is not revoked.'),
    revoked_by: nullableRef(ActorBody),
    revocation_reason: nullableString(),
    hint: Type.String({
      description:
        'Public prefix of the tokens of the key. Paths accept the hint in place of the id.',
      examples: ['aeon_02aXkT9w0b1c2d3e4f5g6h'],
    }),
  },
  { $id: 'ApiKey' },
)

export const VerifiedKeyBody = Type.Object(
  {
    id: id(),
    account_id: id(),
    name: Type.String(),
    role: ref(RoleRefBody),
    expires_at: nullableTime('Null: the key never expires.'),
  },
  { $id: 'VerifiedKey' },
)

export const VerdictBody = Type.Object(
  {
    valid: Type.Boolean(),
    reason: Type.Optional(
      oneOf(denialReasons, {
        description: 'Present on a denial: the first check that failed, in this order.',
      }),
    ),
    api_key: Type.Optional(ref(VerifiedKeyBody)),
    generation: Type.Optional(
      Type.Integer({
        description:
          'Generation of the token: 1 for the first token of the key; each rotation adds 1.',
      }),
    ),
    permissions: Type.Optional(
      Type.Array(Type.String(), {
        description: 'Present if valid: all permissions of the key, including implied permissions.',
      }),
    ),
    warnings: Type.Optional(
      Type.Array(oneOf(warnings), {
        description:
          'Present if valid and a warning applies. `expires_soon`: the key expires within EXPIRY_WARNING_DAYS.',
      }),
    ),
  },
  {
    $id: 'Verdict',
    description:
      'The verdict on a token. `api_key` and `generation` are present only if the secret of the token matched.',
  },
)

export const accountParameter = Type.String({ description: 'Id of the account.' })
export const keyParameter = Type.String({ description: 'Id or hint of the key.' })
