import { Type } from 'typebox'
import { maxActorIdLength, maxDescriptionLength, maxNameLength } from '../../domain/limits.ts'
import { closed, nullableRef, ref } from '../schema-tools.ts'
import { ReceiptBody, waitParameter } from './receipts.ts'
import { ApiKeyBody } from './schemas.ts'

const yes = (description: string) =>
  Type.Optional(Type.Unsafe<true>({ type: 'boolean', enum: [true], description }))
const timeInput = (description: string) =>
  Type.Optional(Type.String({ format: 'date-time', description }))
const textInput = (maxLength: number, description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength, pattern: '^[^\\u0000]*$', description }))
export const BulkFilterBody = Type.Object(
  {
    all: yes('Every key. Excludes every other condition.'),
    created_by: textInput(maxActorIdLength, 'Issued by this user or key: the id of the issuer.'),
    role: textInput(maxNameLength, 'Id or name of the role of the key.'),
    name_prefix: textInput(maxNameLength, 'Prefix of the name of the key.'),
    created_before: timeInput('Issued before this time.'),
    last_used_before: timeInput(
      'Used, and last used before this time. The time must lie further in the past than the delay with which uses are stored.',
    ),
    never_used: yes('Never used.'),
  },
  {
    $id: 'BulkFilter',
    ...closed,
    description: 'Selects the keys that match every condition given. An empty filter is an error.',
    examples: [{ created_by: 'user|42' }],
  },
)
export const RevokeInBulkBody = Type.Object(
  {
    filter: ref(BulkFilterBody),
    dry_run: Type.Optional(
      Type.Boolean({
        default: false,
        description: 'Return the keys that would be revoked, and revoke nothing.',
      }),
    ),
    reason: Type.Optional(
      Type.String({
        maxLength: maxDescriptionLength,
        description: 'Reason for the change; recorded in the audit log.',
      }),
    ),
    wait_ms: waitParameter,
  },
  { $id: 'RevokeInBulk', ...closed },
)

export const BulkRevocation = Type.Object(
  {
    dry_run: Type.Boolean(),
    count: Type.Integer({ description: 'Number of keys that were revoked, or would be revoked.' }),
    accounts: Type.Integer({ description: 'Number of accounts that these keys belong to.' }),
    sample: Type.Array(ref(ApiKeyBody), { description: 'Some of these keys.' }),
    receipt: nullableRef(ReceiptBody),
  },
  {
    $id: 'BulkRevocation',
    description:
      'Result of a bulk revocation. `receipt` is null for a dry run. If no key is left to revoke, `receipt` is the receipt of the latest revision: once that receipt is complete, all earlier revocations are complete.',
  },
)
