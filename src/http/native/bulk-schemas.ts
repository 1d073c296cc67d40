import { Type } from 'typebox'
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
    all: yes('Every key. Beside it nothing else may be given.'),
    created_by: textInput(255, 'The id of the user or key that issued it.'),
    role: textInput(120, 'The id or the name of the role.'),
    name_prefix: textInput(120, 'What the name begins with.'),
    created_before: timeInput('Issued before this time.'),
    last_used_before: timeInput(
      'Used, and last before this time: longer ago than uses take to be written down.',
    ),
    never_used: yes('Never used since it was issued.'),
  },
  {
    $id: 'BulkFilter',
    ...closed,
    description: 'All that are given must hold. An empty filter is refused.',
    examples: [{ created_by: 'user|42' }],
  },
)
export const RevokeInBulkBody = Type.Object(
  {
    filter: ref(BulkFilterBody),
    dry_run: Type.Optional(
      Type.Boolean({ default: false, description: 'Only tell what would be revoked.' }),
    ),
    reason: Type.Optional(
      Type.String({ maxLength: 1000, description: 'Why, for those who look later.' }),
    ),
    wait_ms: waitParameter,
  },
  { $id: 'RevokeInBulk', ...closed },
)

export const BulkRevocation = Type.Object(
  {
    dry_run: Type.Boolean(),
    count: Type.Integer({ description: 'Keys that were revoked, or would be.' }),
    accounts: Type.Integer({ description: 'Accounts that they are of.' }),
    sample: Type.Array(ref(ApiKeyBody), { description: 'A few of them.' }),
    receipt: nullableRef(ReceiptBody),
  },
  {
    $id: 'BulkRevocation',
    description:
      'What was revoked, and how far that has come; null: it was a dry run. When nothing was left to revoke the receipt is of the latest revision, and once that is complete, so is all that was revoked before.',
  },
)
