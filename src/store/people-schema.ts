import type { ColumnType } from 'kysely'
import type { ActorKind, VerifiedAs } from '../domain/key/api-key.ts'

/** The tables of people and sessions, as Kysely types them. */
export interface SessionRow {
  id: string
  api_key_id: string
  generation: number
  tag_key_id: string
  hash: Buffer
  client_ip: string | null
  created_at: Date
  confirmed_until: Date
  last_used_at: Date
  expires_at: Date
  ended_at: ColumnType<Date | null, undefined, Date>
  ended_revision: ColumnType<string | null, undefined, number>
  ended_revision_id: ColumnType<string | null, undefined, string>
}

export interface LogoutTokenRow {
  issuer: string
  jti: string
  expires_at: Date
}

export interface SignInLinkRow {
  id: string
  api_key_id: string
  generation: number
  hash: Buffer
  created_at: Date
  expires_at: Date
  used_at: ColumnType<Date | null, undefined, Date>
}

export interface PersonRow {
  id: string
  issuer: string
  subject: string
  email: string | null
  email_verified: boolean
  name: string | null
  created_at: Date
  signed_in_at: ColumnType<Date | null, undefined, Date>
}

export interface MembershipRow {
  id: string
  account_id: string
  person_id: string
  role_id: string
  /** The invitation by whose redemption the membership was made. */
  invitation_id: string | null
  mapped_until: Date | null
  created_at: Date
  updated_at: Date
  removed_at: ColumnType<Date | null, undefined, Date>
  signed_in_at: ColumnType<Date | null, undefined, Date>
  live: true | null
  /** bigint: pg returns text. */
  changed_revision: ColumnType<string | null, undefined, number>
  changed_revision_id: ColumnType<string | null, undefined, string>
}

export interface UserSessionRow extends Omit<SessionRow, 'api_key_id' | 'generation'> {
  membership_id: string
  provider_session: string | null
}

export interface UserRequestRow {
  author: string
  account_id: string
  route: string
  idempotency_key: string
  body_digest: string
  resource_id: string
  created_at: Date
}

export interface InvitationRow {
  id: string
  account_id: string
  email: string
  folded_email: string
  role_id: string
  inviter_key_id: string | null
  inviter_generation: number | null
  inviter_membership_id: string | null
  invited_by_kind: ActorKind
  invited_by_id: string | null
  invited_by_name: string | null
  invited_by_verified: VerifiedAs | null
  hash: Buffer
  created_at: Date
  sent_at: Date
  expires_at: Date
  redeemed_at: ColumnType<Date | null, undefined, Date>
  redeemed_by: ColumnType<string | null, undefined, string>
  withdrawn_at: ColumnType<Date | null, undefined, Date>
  open: true | null
}
