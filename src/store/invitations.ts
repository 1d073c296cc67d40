import type { Invitation } from '../domain/invitation/invitation.ts'
import type { Actor } from '../domain/key/api-key.ts'
import type { Page, PageRequest } from '../domain/page.ts'
import type { SessionOwner } from '../domain/session/session.ts'
import type { Executor, StoreTransaction } from './database.ts'
import { databaseClock } from './database-clock.ts'
import { type InvitationResult, selectInvitations, toInvitation } from './invitation-rows.ts'
import { takePage } from './paging.ts'

/** The constraint that refuses to delete a role while an invitation offers it. */
export const invitationRoleConstraint = 'invitation_uses_role'

/** Who invites, and by which link; anew at each sending. */
export interface Sending {
  readonly inviter: SessionOwner
  readonly invitedBy: Actor
  /** SHA-256 of the whole secret. */
  readonly hash: Buffer
  readonly sentAt: Date
  readonly expiresAt: Date
}

export interface NewInvitation extends Sending {
  readonly id: string
  readonly accountId: string
  readonly email: string
  readonly foldedEmail: string
  readonly roleId: string
}

/**
 * Inserts an open invitation. A constraint lets an account have one open invitation for an address,
 * and refuses to delete a role that an open one offers.
 */
export async function insertInvitation(trx: StoreTransaction, values: NewInvitation) {
  await trx
    .insertInto('invitation')
    .values({
      id: values.id,
      account_id: values.accountId,
      email: values.email,
      folded_email: values.foldedEmail,
      role_id: values.roleId,
      created_at: values.sentAt,
      open: true,
      ...columnsOf(values),
    })
    .execute()
}

/** Replaces the link: the one before opens nothing any more. */
export async function sendAgain(trx: StoreTransaction, id: string, sending: Sending) {
  await trx.updateTable('invitation').set(columnsOf(sending)).where('id', '=', id).execute()
}

function columnsOf({ inviter, invitedBy, hash, sentAt, expiresAt }: Sending) {
  return {
    inviter_key_id: inviter.kind === 'key' ? inviter.apiKeyId : null,
    inviter_generation: inviter.kind === 'key' ? inviter.generation : null,
    inviter_membership_id: inviter.kind === 'user' ? inviter.membershipId : null,
    invited_by_kind: invitedBy.kind,
    invited_by_id: invitedBy.id,
    invited_by_name: invitedBy.name,
    invited_by_verified: invitedBy.verified ?? null,
    hash,
    sent_at: sentAt,
    expires_at: expiresAt,
  }
}

/** Ends invitations that are open: their links open nothing, and their roles are released. */
export async function withdrawInvitations(trx: StoreTransaction, ids: readonly string[], at: Date) {
  if (ids.length === 0) return
  await trx
    .updateTable('invitation')
    .set({ withdrawn_at: at, open: null })
    .where('id', 'in', ids)
    .execute()
}

/** The account of an invitation that a link names. */
export async function findAccountOfInvitation(
  db: Executor,
  id: string,
): Promise<string | undefined> {
  const query = db.selectFrom('invitation').select('account_id').where('id', '=', id)
  return (await query.executeTakeFirst())?.account_id
}

/** Whether the newest link of an invitation has the secret with the hash. */
export async function hasLink(trx: StoreTransaction, id: string, hash: Buffer): Promise<boolean> {
  const query = trx.selectFrom('invitation').select('id').where('id', '=', id)
  return (await query.where('hash', '=', hash).executeTakeFirst()) !== undefined
}

/**
 * Closes an invitation for good, with the person whom it made a user. The caller holds the
 * exclusive lock of the account, and has judged the invitation under it.
 */
export async function redeemInvitation(
  trx: StoreTransaction,
  id: string,
  personId: string,
  at: Date,
): Promise<void> {
  await trx
    .updateTable('invitation')
    .set({ redeemed_at: at, redeemed_by: personId, open: null })
    .where('id', '=', id)
    .execute()
}

/** An invitation of the account, in whatever state. */
export async function findInvitation(
  db: Executor,
  accountId: string,
  id: string,
): Promise<Invitation | undefined> {
  const row = await selectInvitations(db)
    .where('invitation.account_id', '=', accountId)
    .where('invitation.id', '=', id)
    .executeTakeFirst()
  return row && toInvitation(row)
}

/** A page of the invitations of an account that are neither redeemed nor withdrawn. */
export async function listInvitations(
  db: Executor,
  accountId: string,
  page: PageRequest,
): Promise<Page<Invitation>> {
  const { items, next } = await takePage(
    openOf(db, accountId),
    'invitation',
    page,
    (row: InvitationResult) => row.created_at.toISOString(),
  )
  return { items: items.map(toInvitation), next }
}

/** The invitation of an address that is neither redeemed nor withdrawn. */
export async function findInvitationOf(
  db: Executor,
  accountId: string,
  foldedEmail: string,
): Promise<Invitation | undefined> {
  const row = await openOf(db, accountId)
    .where('invitation.folded_email', '=', foldedEmail)
    .executeTakeFirst()
  return row && toInvitation(row)
}

/**
 * The invitations that offer a role and have expired by the clock of the database: a fast clock of
 * an instance must not take what others let a person redeem.
 */
export async function findExpiredInvitations(
  trx: StoreTransaction,
  role: { readonly accountId: string; readonly roleId: string },
): Promise<readonly Invitation[]> {
  const rows = await openOf(trx, role.accountId)
    .where('invitation.role_id', '=', role.roleId)
    .where('invitation.expires_at', '<=', databaseClock)
    .execute()
  return rows.map(toInvitation)
}

/** How many invitations of the account can be redeemed. */
export async function countOpenInvitations(
  trx: StoreTransaction,
  accountId: string,
  now: Date,
): Promise<number> {
  const { count } = await trx
    .selectFrom('invitation')
    .select((build) => build.fn.countAll<string>().as('count'))
    .where('account_id', '=', accountId)
    .where('open', '=', true)
    .where('expires_at', '>', now)
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** Deletes invitations that ended or expired before a moment: the audit log has their events. */
export async function pruneInvitations(db: Executor, before: Date): Promise<void> {
  await db.deleteFrom('invitation').where('expires_at', '<', before).execute()
}

function openOf(db: Executor, accountId: string) {
  return selectInvitations(db)
    .where('invitation.account_id', '=', accountId)
    .where('invitation.open', '=', true)
}
