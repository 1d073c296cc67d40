import { Type } from 'typebox'
import { reaches } from '../../domain/key/api-key.ts'
import {
  maxAddressLength,
  maxAllowListsPerKey,
  maxAttemptsPerBatch,
  maxDescriptionLength,
  maxEntriesPerAllowList,
  maxGeneration,
  maxMetadataBytes,
  maxNameLength,
  maxOverlapSeconds,
  maxPermissionsPerRole,
  maxRequiredPermissions,
  maxTokenLength,
} from '../../domain/limits.ts'
import { permissionPattern } from '../../domain/permission.ts'
import { closed, nullableString, oneOf, ref } from '../schema-tools.ts'
import { waitParameter } from './receipts.ts'
import { id, metadata } from './schemas.ts'

/** Length is checked here; what a name may not hold, in the use case, which says so by rule. */
const nameInput = Type.String({ minLength: 1, maxLength: maxNameLength, examples: ['ci deploy'] })
const descriptionInput = Type.String({ maxLength: maxDescriptionLength })
const roleInput = Type.String({
  minLength: 1,
  maxLength: maxNameLength,
  pattern: '^[^\\u0000]*$',
  description: 'Id or name of the role. A value that parses as a UUID is an id.',
  examples: ['developer'],
})
const metadataInput = metadata(`Replaces the whole map. At most ${maxMetadataBytes} bytes of JSON.`)
const permissionInput = Type.String({
  pattern: permissionPattern,
  examples: ['cluster:read'],
})

export const AttemptBody = Type.Object(
  {
    token: Type.String({
      description: `The token as presented to the caller. A token of more than ${maxTokenLength} characters is \`malformed\`.`,
    }),
    client_ip: Type.Optional(
      Type.String({
        maxLength: maxAddressLength,
        description:
          'Address of the client that presented the token. If absent, a key restricted by allow lists is denied.',
        examples: ['203.0.113.7'],
      }),
    ),
    permissions: Type.Optional(
      Type.Array(permissionInput, {
        maxItems: maxRequiredPermissions,
        description: 'Permissions that the key must grant, all of them.',
      }),
    ),
    account_id: Type.Optional(id('The account that the key must belong to.')),
  },
  { $id: 'Attempt', additionalProperties: false },
)
export const AttemptListBody = Type.Object(
  { attempts: Type.Array(ref(AttemptBody), { minItems: 1, maxItems: maxAttemptsPerBatch }) },
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
  Type.String({
    maxLength: maxDescriptionLength,
    description: 'Reason for the change; recorded in the audit log.',
  }),
)
const entriesInput = Type.Array(Type.String({ maxLength: maxAddressLength }), {
  minItems: 1,
  maxItems: maxEntriesPerAllowList,
  description: 'IPv4 and IPv6 addresses and CIDR ranges, stored exactly as given.',
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
      description:
        'Time at which the key expires. Null: the key never expires. Required, so that a key without expiry is a deliberate choice.',
      examples: ['2027-11-23T00:00:00Z'],
    }),
    allow_list_ids: Type.Optional(
      Type.Array(Type.String({ format: 'uuid' }), {
        maxItems: maxAllowListsPerKey,
        uniqueItems: true,
        description: 'Absent or empty: the key is usable from any address.',
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
      oneOf(reaches, { description: '`anywhere` removes the allow lists from the key.' }),
    ),
    allow_list_ids: Type.Optional(
      Type.Array(Type.String({ format: 'uuid' }), {
        minItems: 1,
        maxItems: maxAllowListsPerKey,
        uniqueItems: true,
        description:
          'Replaces the allow lists of the key. To make the key usable from any address, set `reach` to `anywhere`.',
      }),
    ),
    expires_at: Type.Optional(
      nullableString({
        format: 'date-time',
        description:
          'Time at which the key expires. Null: the key never expires. The expiry of an expired key cannot be changed.',
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
      'Seconds for which the previous token keeps working: at most 30 days; 0 ends the previous token at once. Required unless `only_if_unused` is true.',
    ),
    expires_at: Type.Optional(
      nullableString({
        format: 'date-time',
        description: 'New expiry of the key. Null: the key never expires.',
      }),
    ),
    retire_on_first_use_seconds: overlapSeconds(
      "Seconds after the new token's first use at which the previous token stops working, if earlier than the end of the overlap.",
    ),
    if_generation: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: maxGeneration,
        description: 'Rotate only if the newest token has this generation.',
      }),
    ),
    only_if_unused: flag(
      'Replace the newest token, of generation `if_generation`, only if that token has never been used: for a client that never received the token. An older token keeps its overlap.',
    ),
    end_overlap: flag(
      'End an overlap that is in progress, instead of failing with `rotation_in_progress`.',
    ),
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
        description: "Id of the account's only project. Absent: the service generates an id.",
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
    permissions: Type.Array(permissionInput, { maxItems: maxPermissionsPerRole }),
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
