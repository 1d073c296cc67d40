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
const next_cursor = nullableString({
  description: 'Cursor of the next page; null on the last page.',
})
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
const generationMade = Type.Integer({ description: 'Generation of the issued token.' })
const tokenMade = nullableString({
  description:
    'The token. Returned only in this response. Null if the request repeats an earlier request: only the first response holds the token.',
})
export const IssuedApiKey = Type.Object(
  {
    api_key: ref(ApiKeyBody),
    generation: generationMade,
    token: tokenMade,
  },
  { $id: 'IssuedApiKey', description: 'The key and its token.' },
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
  { $id: 'PermissionList', description: 'The permission catalogue.' },
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
    permissions: Type.Array(Type.String(), {
      description: 'All permissions of the key, including implied permissions.',
    }),
  },
  { $id: 'Me', description: 'The key that authenticates the request.' },
)
/** What narrows a key answers with how far that has come. */
export const ChangedApiKey = Type.Object(
  { api_key: ref(ApiKeyBody), receipt: ref(ReceiptBody) },
  { $id: 'ChangedApiKey', description: 'The key and the receipt of the change.' },
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
    description: 'The key, its new token, and the receipt of the rotation.',
  },
)
export const ChangedRole = Type.Object(
  { role: ref(RoleBody), receipt: ref(ReceiptBody) },
  { $id: 'ChangedRole', description: 'The role and the receipt of the change.' },
)
export const ChangedAllowList = Type.Object(
  { allow_list: ref(AllowListBody), receipt: ref(ReceiptBody) },
  { $id: 'ChangedAllowList', description: 'The allow list and the receipt of the change.' },
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
export const nothing = Type.Null({ description: 'Success.' })
