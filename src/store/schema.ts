import type { ColumnType, Generated, GeneratedAlways } from 'kysely'
import type { ActorKind, Reach, VerifiedAs } from '../domain/key/api-key.ts'
import type { CatalogueEntry } from '../domain/permission.ts'
import type {
  InvitationRow,
  LogoutTokenRow,
  MembershipRow,
  PersonRow,
  SessionRow,
  SignInLinkRow,
  UserRequestRow,
  UserSessionRow,
} from './people-schema.ts'

/** The tables as Kysely types them. Rows never leave store/. */
export interface Schema {
  account: AccountRow
  permission_catalogue: PermissionCatalogueRow
  tag_key: TagKeyRow
  pepper: PepperRow
  role: RoleRow
  allow_list: AllowListRow
  api_key: ApiKeyRow
  api_key_allow_list: ApiKeyAllowListRow
  api_key_usage: ApiKeyUsageRow
  credential: CredentialRow
  audit_event: AuditEventRow
  idempotent_request: IdempotentRequestRow
  bulk_revocation: BulkRevocationRow
  session: SessionRow
  logout_token: LogoutTokenRow
  sign_in_link: SignInLinkRow
  user_session: UserSessionRow
  user_request: UserRequestRow
  person: PersonRow
  membership: MembershipRow
  invitation: InvitationRow
}

interface AccountRow {
  id: string
  name: string
  platform: boolean
  project_id: string
  created_at: Date
}

interface PermissionCatalogueRow {
  singleton: Generated<boolean>
  entries: ColumnType<CatalogueEntry[], string, string>
  updated_at: Date
}

interface TagKeyRow {
  id: string
  key: Buffer
  signs: boolean
  created_at: Date
  stopped_at: Date | null
  retired_at: Date | null
}

interface PepperRow {
  id: string
  fingerprint: string
  created_at: Date
}

interface RoleRow {
  id: string
  account_id: string
  platform: boolean
  name: string
  /** The skeleton of `skeleton_of`; stale when that is no longer the name. */
  name_skeleton: ColumnType<string | null, string | undefined, string | null>
  skeleton_of: ColumnType<string | null, string | undefined, string | null>
  folded_name: string
  description: string
  built_in: boolean
  permissions: string[]
  effective_account: string[]
  effective_platform: string[]
  created_at: Date
  updated_at: Date
  deleted_at: Date | null
  live: boolean
}

interface AllowListRow {
  id: string
  account_id: string
  name: string
  /** The skeleton of `skeleton_of`; stale when that is no longer the name. */
  name_skeleton: ColumnType<string | null, string | undefined, string | null>
  skeleton_of: ColumnType<string | null, string | undefined, string | null>
  description: string
  entries: string[]
  /** Names the entries: it is another when they are others. */
  version: ColumnType<string, never, string>
  created_at: Date
  updated_at: Date
  deleted_at: Date | null
  live: boolean
}

interface ApiKeyRow {
  id: string
  account_id: string
  name: string
  /** The skeleton of `skeleton_of`; stale when that is no longer the name. */
  name_skeleton: ColumnType<string | null, string | undefined, string | null>
  skeleton_of: ColumnType<string | null, string | undefined, string | null>
  description: string
  role_id: string
  reach: Reach
  token_prefix: string
  created_at: Date
  created_by_kind: ActorKind
  created_by_id: string | null
  created_by_name: string | null
  created_by_verified: VerifiedAs | null
  expires_at: Date | null
  disabled_at: Date | null
  revoked_at: Date | null
  revoked_by_kind: ActorKind | null
  revoked_by_id: string | null
  revoked_by_name: string | null
  revoked_by_verified: VerifiedAs | null
  revocation_reason: string | null
  live: true | null
  /** bigint: pg returns text. */
  changed_revision: ColumnType<string | null, number | null, number | null>
  changed_revision_id: string | null
  metadata: ColumnType<Record<string, string>, string | undefined, string>
  revoked_in_bulk: string | null
}

interface ApiKeyAllowListRow {
  account_id: string
  api_key_id: string
  allow_list_id: string
  live: true | null
}

interface ApiKeyUsageRow {
  api_key_id: string
  account_id: string
  /** When the key was issued; usage.ts writes it. */
  created_at: GeneratedAlways<Date>
  last_used_at: Date
  /** The day of `last_used_at`, in UTC. */
  last_used_day: GeneratedAlways<Date>
  /** bigint: pg returns text. */
  use_count: ColumnType<string, number, number>
}

interface CredentialRow {
  api_key_id: string
  generation: number
  tag: string
  tag_key_id: string
  hash: string
  hash_profile: number
  pepper_id: string | null
  created_at: Date
  first_used_at: Date | null
  ended_at: Date | null
  ends_at: Date | null
  retires_older_after_seconds: number | null
}

interface IdempotentRequestRow {
  author: string
  account_id: string
  route: string
  idempotency_key: string
  body_digest: string
  api_key_id: string
  generation: number
  created_at: Date
}

/** The columns that listings read; SQL of its own writes and verifies the others. */
interface AuditEventRow {
  account_id: string
  id: string
  created_at: Date
  action: string
  actor_kind: ActorKind
  actor_id: string | null
  resource_id: string | null
  content: string
}

interface BulkRevocationRow {
  id: string
  /** bigint: pg returns text. */
  revision: ColumnType<string, number, number>
  revision_id: string
  created_at: Date
}
