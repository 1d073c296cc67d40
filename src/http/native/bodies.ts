import { Type } from 'typebox'
import { maxEntries } from '../../domain/allow-list.ts'
import { reaches } from '../../domain/api-key.ts'
import { maxMetadataBytes } from '../../domain/metadata.ts'
import { maxAskedPermissions, permissionPattern } from '../../domain/permission.ts'
import { maxOverlapSeconds } from '../../domain/rotation.ts'
import { closed, nullableString, oneOf, ref } from '../schema-tools.ts'
import { waitParameter } from './receipts.ts'
import { id, metadata } from './schemas.ts'

/** Length is checked here; what a name may not hold, in the use case, which says so by rule. */
const nameInput = Type.String({ minLength: 1, maxLength: 120, examples: ['ci deploy'] })
const descriptionInput = Type.String({ maxLength: 1000 })
const roleInput = Type.String({
  minLength: 1,
  maxLength: 120,
  pattern: '^[^\\u0000]*$',
  description: 'An id if it parses as a UUID, else a name.',
  examples: ['developer'],
})
const metadataInput = metadata(
  `The whole map: what is not in it is gone. ${maxMetadataBytes} bytes of JSON at most.`,
)
const permissionInput = Type.String({
  pattern: permissionPattern,
  examples: ['cluster:read'],
})

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
      Type.Array(permissionInput, {
        maxItems: maxAskedPermissions,
        description: 'All are required.',
      }),
    ),
    account_id: Type.Optional(id('The account that the key must belong to.')),
  },
  { $id: 'Attempt', additionalProperties: false },
)
export const AttemptListBody = Type.Object(
  { attempts: Type.Array(ref(AttemptBody), { minItems: 1, maxItems: 100 }) },
  {
    $id: 'AttemptList',
    ...closed,
    examples: [
      {
        attempts: [
          { token: 'aeon_...', permissions: ['cluster:read'] },
          { token: 'aeon_...', client_ip: '203.0.113.7' },
        ],
      },
    ],
  },
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
    role: roleInput,
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
    metadata: Type.Optional(metadataInput),
  },
  { $id: 'IssueApiKey', ...closed },
)
export const UpdateApiKeyBody = Type.Object(
  {
    name: Type.Optional(nameInput),
    description: Type.Optional(descriptionInput),
    role: Type.Optional(roleInput),
    reach: Type.Optional(
      oneOf(reaches, { description: '`anywhere` takes the allow lists from the key.' }),
    ),
    allow_list_ids: Type.Optional(
      Type.Array(Type.String({ format: 'uuid' }), {
        minItems: 1,
        maxItems: 100,
        uniqueItems: true,
        description: 'All of them from now on. To widen a key to anywhere, say so by `reach`.',
      }),
    ),
    expires_at: Type.Optional(
      nullableString({
        format: 'date-time',
        description: 'Null: never. Once it has passed it is final.',
        examples: ['2027-11-23T00:00:00Z'],
      }),
    ),
    metadata: Type.Optional(metadataInput),
  },
  { $id: 'UpdateApiKey', ...closed },
)
export const KeyActBody = Type.Object(
  { reason, wait_ms: waitParameter },
  { $id: 'KeyAct', ...closed },
)
const overlapSeconds = (description: string) =>
  Type.Optional(Type.Integer({ minimum: 0, maximum: maxOverlapSeconds, description }))
const flag = (description: string) => Type.Optional(Type.Boolean({ default: false, description }))
export const RotateApiKeyBody = Type.Object(
  {
    overlap_seconds: overlapSeconds(
      'How long the token before goes on working, 30 days at most; 0: it ends now. Required, but for `only_if_unused`.',
    ),
    expires_at: Type.Optional(
      nullableString({ format: 'date-time', description: 'A new expiry of the key; null: never.' }),
    ),
    retire_on_first_use_seconds: overlapSeconds(
      'So long after the first use of the new token the one before ends, if that comes before the end of the overlap.',
    ),
    if_generation: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 2_147_483_647,
        description: 'Only if this is the newest generation.',
      }),
    ),
    only_if_unused: flag(
      'Replaces the newest token, of `if_generation`, if that was never used: for who never received it. An older one keeps its overlap.',
    ),
    end_overlap: flag('Ends an overlap that is under way, instead of `rotation_in_progress`.'),
    wait_ms: waitParameter,
  },
  { $id: 'RotateApiKey', ...closed },
)
export const CreateAccountBody = Type.Object(
  {
    id: Type.Optional(Type.String({ format: 'uuid' })),
    name: nameInput,
    project_id: Type.Optional(
      Type.String({
        format: 'uuid',
        description: "Of the account's one project; absent: made by the service.",
      }),
    ),
  },
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
