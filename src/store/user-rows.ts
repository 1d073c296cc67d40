import { displayNameOf } from '../domain/person/person.ts'
import type { User, UserFacts } from '../domain/person/user.ts'
import type { Executor } from './database.ts'
import { toPerson } from './persons.ts'
import { shownProfile } from './shown-profiles.ts'
import { internAccountId, internRole } from './tuning/interning.ts'
import { permissionNames, permissionSetOf } from './tuning/permission-sets.ts'

/**
 * Memberships with their role, and their person as the account may see them; the caller adds the
 * conditions.
 */
export function selectUsers(db: Executor) {
  return db
    .selectFrom('membership')
    .innerJoin('person', 'person.id', 'membership.person_id')
    .innerJoin('role', 'role.id', 'membership.role_id')
    .select([
      'membership.id',
      'membership.account_id',
      'membership.person_id',
      'membership.role_id',
      'membership.invitation_id',
      'membership.mapped_until',
      'membership.created_at',
      'membership.updated_at',
      'membership.removed_at',
      'membership.changed_revision',
      'membership.changed_revision_id',
      'person.issuer',
      'person.subject',
      shownProfile.email.as('email'),
      shownProfile.emailVerified.as('email_verified'),
      shownProfile.name.as('name'),
      shownProfile.signedInAt.as('signed_in_at'),
      'role.name as role_name',
      'role.platform',
      permissionNames.as('permissions'),
    ])
}

/** The columns of `selectUsers`. */
export type UserResult = Awaited<
  ReturnType<ReturnType<typeof selectUsers>['executeTakeFirstOrThrow']>
>

/** The user of a row, to be listed and changed. */
export function toUser(row: UserResult): User {
  const { changed_revision: revision, changed_revision_id: revisionId } = row
  return {
    membershipId: row.id,
    accountId: row.account_id,
    person: toPerson({ ...row, id: row.person_id }),
    role: { id: row.role_id, name: row.role_name },
    invitationId: row.invitation_id,
    mappedUntil: row.mapped_until,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    removedAt: row.removed_at,
    lastChange:
      revision === null || revisionId === null
        ? null
        : { revision: Number(revision), id: revisionId },
  }
}

/**
 * The same row as what a request is judged by. Texts and sets that many people share are interned.
 */
export function toUserFacts(row: UserResult): UserFacts {
  return {
    id: row.person_id,
    membershipId: row.id,
    accountId: internAccountId(row.account_id),
    platform: row.platform,
    name: displayNameOf(row),
    role: internRole(row.role_id, row.role_name),
    ...permissionSetOf(row.permissions),
    reach: 'anywhere',
    allowListIds: [],
    mappedUntil: row.mapped_until,
    removedAt: row.removed_at,
  }
}
