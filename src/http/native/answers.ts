import { Type } from 'typebox'
import { nullableString, ref } from '../schema-tools.ts'
import { ReceiptBody } from './receipts.ts'
import {
  AccountBody,
  AllowListBody,
  ApiKeyBody,
  PermissionBody,
  RoleBody,
  time,
  VerdictBody,
} from './schemas.ts'

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
const generationMade = Type.Integer({ description: 'Of the token that was made.' })
const tokenMade = nullableString({
  description: 'Shown now and never again. Null: a repeat, of which the first answer had it.',
})
export const IssuedApiKey = Type.Object(
  {
    api_key: ref(ApiKeyBody),
    generation: generationMade,
    token: tokenMade,
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
export const VerdictList = Type.Object(
  { verdicts: Type.Array(ref(VerdictBody)) },
  {
    $id: 'VerdictList',
    description: 'The verdicts, in the order of the attempts.',
    examples: [{ verdicts: [{ valid: false, reason: 'malformed' }] }],
  },
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
export const RotatedApiKey = Type.Object(
  {
    api_key: ref(ApiKeyBody),
    generation: generationMade,
    token: tokenMade,
    receipt: ref(ReceiptBody),
  },
  {
    $id: 'RotatedApiKey',
    description: 'The key, its new token, and how far the end of the old one has come.',
  },
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
