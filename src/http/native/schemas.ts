import { Type } from 'typebox'
import { maxEntries } from '../../domain/allow-list.ts'
import { actorKinds, keyStatuses, reaches } from '../../domain/api-key.ts'
import { permissionPattern, permissionScopes } from '../../domain/permission.ts'
import { denialReasons } from '../../domain/verdict.ts'
import { closed, nullableString, oneOf, ref } from '../schema-tools.ts'
import { ReceiptBody, waitParameter } from './receipts.ts'

const id = (description?: string) =>
  Type.String({
    format: 'uuid',
    examples: ['0192f3a4-5b6c-7d8e-9f01-23456789abcd'],
    ...(description === undefined ? {} : { description }),
  })
const time = (description?: string) =>
  Type.String({
    format: 'date-time',
    examples: ['2026-11-23T08:25:00.000Z'],
    ...(description === undefined ? {} : { description }),
  })
const nullableTime = (description: string) => nullableString({ format: 'date-time', description })

/** Length is checked here; what a name may not hold, in the use case, which says so by rule. */
const nameInput = Type.String({ minLength: 1, maxLength: 120, examples: ['ci deploy'] })
const descriptionInput = Type.String({ maxLength: 1000 })
const permissionInput = Type.String({
  pattern: permissionPattern,
  examples: ['cluster:read'],
})

export const AccountBody = Type.Object(
  { id: id(), name: Type.String({ examples: ['Acme'] }), created_at: time() },
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

/** The same, or null. A reference beside `null` would be an `anyOf`, which generators dislike. */
const NullableActor = Type.Unsafe<{
  kind: (typeof actorKinds)[number]
  id: string | null
  name: string | null
} | null>({
  type: ['object', 'null'],
  description: 'Who did something.',
  properties: {
    kind: { type: 'string', enum: actorKinds },
    id: { type: ['string', 'null'] },
    name: { type: ['string', 'null'] },
  },
  required: ['kind', 'id', 'name'],
})

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
    disabled_at: nullableTime('Null: not disabled.'),
    revoked_at: nullableTime('Null: not revoked.'),
    revoked_by: NullableActor,
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
    permissions: Type.Optional(
      Type.Array(Type.String(), { description: 'When valid: all that the key may do.' }),
    ),
  },
  {
    $id: 'Verdict',
    description: 'The verdict. `api_key` is there only if the secret of the token matched.',
  },
)

export const AttemptBody = Type.Object(
  {
    token: Type.String({
      description: 'Whatever the caller was given. Over 1024 characters: malformed.',
    }),
    client_ip: Type.Optional(
      Type.String({
        maxLength: 64,
        description: 'From where the token was presented. A restricted key is denied without it.',
        examples: ['203.0.113.7'],
      }),
    ),
    permissions: Type.Optional(
      Type.Array(permissionInput, { maxItems: 50, description: 'All are required.' }),
    ),
    account_id: Type.Optional(id('The account that the key must belong to.')),
  },
  { $id: 'Attempt', additionalProperties: false },
)

const reason = Type.Optional(
  Type.String({ maxLength: 1000, description: 'Why, for those who look later.' }),
)
const entriesInput = Type.Array(Type.String({ maxLength: 64 }), {
  minItems: 1,
  maxItems: maxEntries,
  description: 'IPv4 and IPv6 addresses and ranges; kept exactly as given.',
  examples: [['203.0.113.7', '198.51.100.0/24', '2001:db8::/32']],
})

/** What callers send. Unknown fields are errors. */
export const IssueApiKeyBody = Type.Object(
  {
    name: nameInput,
    description: Type.Optional(descriptionInput),
    role: Type.String({
      minLength: 1,
      maxLength: 120,
      pattern: '^[^\\u0000]*$',
      description: 'An id if it parses as a UUID, else a name.',
      examples: ['developer'],
    }),
    expires_at: nullableString({
      format: 'date-time',
      description: 'Null: never. Required, because never is a choice.',
      examples: ['2027-11-23T00:00:00Z'],
    }),
    allow_list_ids: Type.Optional(
      Type.Array(Type.String({ format: 'uuid' }), {
        maxItems: 100,
        uniqueItems: true,
        description: 'Absent or empty: usable from anywhere.',
      }),
    ),
  },
  { $id: 'IssueApiKey', ...closed },
)
export const KeyActBody = Type.Object(
  { reason, wait_ms: waitParameter },
  { $id: 'KeyAct', ...closed },
)
export const CreateAccountBody = Type.Object(
  { id: Type.Optional(Type.String({ format: 'uuid' })), name: nameInput },
  { $id: 'CreateAccount', ...closed },
)
export const RenameAccountBody = Type.Object(
  { name: nameInput },
  { $id: 'RenameAccount', ...closed },
)
export const DefineRoleBody = Type.Object(
  {
    name: nameInput,
    description: Type.Optional(descriptionInput),
    permissions: Type.Array(permissionInput, { maxItems: 1000 }),
  },
  { $id: 'DefineRole', ...closed },
)
export const CreateAllowListBody = Type.Object(
  { name: nameInput, description: Type.Optional(descriptionInput), entries: entriesInput },
  { $id: 'CreateAllowList', ...closed },
)
export const UpdateAllowListBody = Type.Object(
  {
    name: Type.Optional(nameInput),
    description: Type.Optional(descriptionInput),
    entries: Type.Optional(entriesInput),
  },
  { $id: 'UpdateAllowList', ...closed },
)

/** What we answer. One thing is always wrapped, so that something can come to stand beside it. */
const next_cursor = nullableString({ description: 'Null: this is the last page.' })
export const AccountAnswer = Type.Object(
  { account: ref(AccountBody) },
  { $id: 'AccountAnswer', description: 'The account.' },
)
export const AccountPage = Type.Object(
  { accounts: Type.Array(ref(AccountBody)), next_cursor },
  { $id: 'AccountPage', description: 'A page of accounts.' },
)
export const ApiKeyAnswer = Type.Object(
  { api_key: ref(ApiKeyBody) },
  { $id: 'ApiKeyAnswer', description: 'The key.' },
)
export const IssuedApiKey = Type.Object(
  {
    api_key: ref(ApiKeyBody),
    token: Type.String({ description: 'Shown now and never again.' }),
  },
  { $id: 'IssuedApiKey', description: 'The key, and its token.' },
)
export const ApiKeyPage = Type.Object(
  { api_keys: Type.Array(ref(ApiKeyBody)), next_cursor },
  { $id: 'ApiKeyPage', description: 'A page of keys.' },
)
export const AllowListAnswer = Type.Object(
  { allow_list: ref(AllowListBody) },
  { $id: 'AllowListAnswer', description: 'The allow list.' },
)
export const AllowListPage = Type.Object(
  { allow_lists: Type.Array(ref(AllowListBody)), next_cursor },
  { $id: 'AllowListPage', description: 'A page of allow lists.' },
)
export const RoleAnswer = Type.Object(
  { role: ref(RoleBody) },
  { $id: 'RoleAnswer', description: 'The role.' },
)
export const RolePage = Type.Object(
  { roles: Type.Array(ref(RoleBody)), next_cursor },
  { $id: 'RolePage', description: 'A page of roles.' },
)
export const PermissionList = Type.Object(
  { permissions: Type.Array(ref(PermissionBody)) },
  { $id: 'PermissionList', description: 'The catalogue.' },
)
export const Me = Type.Object(
  {
    api_key: ref(ApiKeyBody),
    role: ref(RoleBody),
    permissions: Type.Array(Type.String(), { description: 'All that the key may do.' }),
  },
  { $id: 'Me', description: 'The key that was used.' },
)
/** What narrows a key answers with how far that has come. */
export const ChangedApiKey = Type.Object(
  { api_key: ref(ApiKeyBody), receipt: ref(ReceiptBody) },
  { $id: 'ChangedApiKey', description: 'The key, and how far the change has come.' },
)
export const ChangedRole = Type.Object(
  { role: ref(RoleBody), receipt: ref(ReceiptBody) },
  { $id: 'ChangedRole', description: 'The role, and how far the change has come.' },
)
export const ChangedAllowList = Type.Object(
  { allow_list: ref(AllowListBody), receipt: ref(ReceiptBody) },
  { $id: 'ChangedAllowList', description: 'The allow list, and how far the change has come.' },
)
export const ReceiptAnswer = Type.Object(
  { receipt: ref(ReceiptBody) },
  { $id: 'ReceiptAnswer', description: 'The receipt.' },
)
export const InstanceBody = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    applied_revision: Type.Integer({ format: 'int64' }),
    started_at: time(),
  },
  { $id: 'Instance' },
)
export const InstanceList = Type.Object(
  { instances: Type.Array(ref(InstanceBody)) },
  { $id: 'InstanceList', description: 'The registered instances.' },
)
export const nothing = Type.Null({ description: 'Done.' })

export const accountParameter = Type.String({ description: 'The id of an account.' })
export const keyParameter = Type.String({ description: 'The id or the hint of a key.' })

/** Every component that routes refer to by name. */
export const components = [
  AccountBody,
  RoleRefBody,
  RoleBody,
  PermissionBody,
  AllowListBody,
  ActorBody,
  ApiKeyBody,
  VerifiedKeyBody,
  VerdictBody,
  AttemptBody,
  IssueApiKeyBody,
  KeyActBody,
  CreateAccountBody,
  RenameAccountBody,
  DefineRoleBody,
  CreateAllowListBody,
  UpdateAllowListBody,
  AccountAnswer,
  AccountPage,
  ApiKeyAnswer,
  IssuedApiKey,
  ApiKeyPage,
  AllowListAnswer,
  AllowListPage,
  RoleAnswer,
  RolePage,
  PermissionList,
  Me,
  ReceiptBody,
  ChangedApiKey,
  ChangedRole,
  ChangedAllowList,
  ReceiptAnswer,
  InstanceBody,
  InstanceList,
]
