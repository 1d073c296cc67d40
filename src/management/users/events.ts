import type { AuditDraft } from '../../domain/audit/audit-event.ts'
import { differenceOf } from '../../domain/audit/snapshots.ts'
import { displayNameOf } from '../../domain/person/person.ts'
import type { User } from '../../domain/person/user.ts'

type RecordedUser = Pick<User, 'accountId' | 'person' | 'role' | 'mappedUntil'>

/** The event of a new membership, by whatever way a person became a user. */
export function userAdded(user: RecordedUser): AuditDraft {
  return { ...ofUser(user), action: 'user.added', before: null, after: snapshotOf(user) }
}

/** Has only what differs: the role, or until when a mapped role holds. */
export function userUpdated(before: RecordedUser, after: RecordedUser): AuditDraft {
  return {
    ...ofUser(after),
    action: 'user.updated',
    ...differenceOf(snapshotOf(before), snapshotOf(after)),
  }
}

/** `reason` is the text of who removed the user; null: none was given. */
export function userRemoved(user: RecordedUser, reason: string | null): AuditDraft {
  return { ...ofUser(user), action: 'user.removed', before: snapshotOf(user), after: null, reason }
}

function ofUser({ accountId, person }: RecordedUser) {
  const resource = { type: 'user', id: person.id, name: displayNameOf(person) } as const
  return { accountId, resource }
}

function snapshotOf({ person, role, mappedUntil }: RecordedUser) {
  return {
    issuer: person.issuer,
    subject: person.subject,
    role: { id: role.id, name: role.name },
    role_mapped: mappedUntil !== null,
  }
}
