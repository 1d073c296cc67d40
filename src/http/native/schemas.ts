import { Type } from 'typebox'
import { actorKinds, keyStatuses, reaches } from '../../domain/api-key.ts'
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
    project_id: id("Of its one project, for Aeon's public API."),
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
    permissions: Type.Array(Type.String(), { description: 'As they were chosen.' }),
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
      description: '`platform`: in roles of the platform account only.',
    }),
    sensitive: Type.Boolean({
      description: 'Whether holding it lets one change who may do what.',
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
      description: 'Exactly as given.',
      examples: [['203.0.113.7', '2001:db8::/32']],
    }),
    created_at: time(),
    updated_at: time(),
  },
  { $id: 'AllowList' },
)

export const ActorBody = Type.Object(
  { kind: oneOf(actorKinds), id: nullableString(), name: nullableString() },
  { $id: 'Actor', description: 'Who did something.' },
)

export const ApiKeyBody = Type.Object(
  {
    id: id(),
    account_id: id(),
    name: Type.String({ examples: ['ci deploy'] }),
    description: Type.String(),
    role: ref(RoleRefBody),
    status: oneOf(keyStatuses),
    reach: oneOf(reaches, { description: 'From where the key may be used.' }),
    allow_list_ids: Type.Array(Type.String({ format: 'uuid' })),
    created_at: time(),
    created_by: ref(ActorBody),
    expires_at: nullableTime('Null: never.'),
    last_used_at: nullableTime('Written in batches: some seconds late.'),
    use_count: Type.Integer({ format: 'int64' }),
    generation: Type.Integer({ description: 'Of its newest token.' }),
    overlap_ends_at: nullableTime(
      'Until when an older token works beside the newest; null: none does.',
    ),
    metadata: metadata('What those who manage it wrote down.'),
    disabled_at: nullableTime('Null: not disabled.'),
    revoked_at: nullableTime('Null: not revoked.'),
    revoked_by: nullableRef(ActorBody),
    revocation_reason: nullableString(),
    hint: Type.String({
      description: 'The public beginning of its tokens; stands for the id in paths.',
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
    expires_at: nullableTime('Null: never.'),
  },
  { $id: 'VerifiedKey' },
)

export const VerdictBody = Type.Object(
  {
    valid: Type.Boolean(),
    reason: Type.Optional(
      oneOf(denialReasons, {
        description: 'On a denial: the first check that failed, in this order.',
      }),
    ),
    api_key: Type.Optional(ref(VerifiedKeyBody)),
    generation: Type.Optional(
      Type.Integer({
        description: 'Which token of the key it is: the first, or one of its rotations.',
      }),
    ),
    permissions: Type.Optional(
      Type.Array(Type.String(), { description: 'When valid: all that the key may do.' }),
    ),
    warnings: Type.Optional(
      Type.Array(oneOf(warnings), {
        description: 'When valid, if there are any: `expires_soon`, by EXPIRY_WARNING_DAYS.',
      }),
    ),
  },
  {
    $id: 'Verdict',
    description:
      'The verdict. `api_key` and `generation` are there only if the secret of the token matched.',
  },
)

export const accountParameter = Type.String({ description: 'The id of an account.' })
export const keyParameter = Type.String({ description: 'The id or the hint of a key.' })
