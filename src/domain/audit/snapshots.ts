import type { Account } from '../account.ts'
import { canonicalJson } from '../canonical-json.ts'
import { formatTime } from '../format-time.ts'
import type { ApiKey } from '../key/api-key.ts'
import type { AllowList } from '../network/allow-list.ts'
import type { Catalogue } from '../permission.ts'
import type { Role } from '../role.ts'
import type { AuditResource, Snapshot } from './audit-event.ts'

/**
 * The facts of a key that the audit log records. Uses are no changes, and the event names its actor
 * separately.
 */
export function snapshotOfApiKey(key: ApiKey): Snapshot {
  return {
    name: key.name,
    description: key.description,
    role: { id: key.role.id, name: key.role.name },
    reach: key.reach,
    allow_list_ids: key.allowListIds,
    expires_at: formatTime(key.expiresAt),
    metadata: key.metadata,
    generation: key.generation,
    overlap_ends_at: formatTime(key.overlapEndsAt),
    disabled_at: formatTime(key.disabledAt),
    revoked_at: formatTime(key.revokedAt),
  }
}

/** The permissions as they were granted, without those that they imply at the time. */
export function snapshotOfRole(role: Role): Snapshot {
  const { name, description, permissions } = role
  return { name, description, permissions }
}

/** The entries are complete: an event shows what a list contained, also when it is deleted. */
export function snapshotOfAllowList(list: AllowList): Snapshot {
  const { name, description, entries } = list
  return { name, description, entries }
}

/** In the names of the native API, as all snapshots are. */
export function snapshotOfAccount(account: Account): Snapshot {
  return { name: account.name, project_id: account.projectId }
}

/**
 * For each permission, what it implies and which built-in roles hold it: the facts of a catalogue
 * that decide rights.
 */
export function snapshotOfCatalogue(catalogue: Catalogue): Snapshot {
  return Object.fromEntries(
    catalogue.map(({ name, scope, implies, roles }) => [name, { scope, implies, roles }]),
  )
}

/** The members that differ, with their old and new values. */
export function differenceOf(
  before: Snapshot,
  after: Snapshot,
): { readonly before: Snapshot; readonly after: Snapshot } {
  const names = Object.keys({ ...before, ...after }).filter(
    (name) => canonicalJson(before[name] ?? null) !== canonicalJson(after[name] ?? null),
  )
  return { before: pick(before, names), after: pick(after, names) }
}

/** What an event is about, under the name that it has then: a later rename changes no event. */
export function resourceOf(
  type: AuditResource['type'],
  thing: { readonly id: string; readonly name: string },
): AuditResource {
  return { type, id: thing.id, name: thing.name }
}

function pick(snapshot: Snapshot, names: readonly string[]): Snapshot {
  return Object.fromEntries(names.map((name) => [name, snapshot[name] ?? null]))
}
