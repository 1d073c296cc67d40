import type { Static } from 'typebox'
import type { Catalogue, CatalogueEntry } from '../../domain/permission.ts'
import type { KeyPrincipal } from '../../domain/principal.ts'
import { type Fault, invalidRequest } from '../../errors.ts'
import type { RolePermissionSpec } from './bodies.ts'
import type { ResourcePermission, ResourcePermissionData } from './role-schemas.ts'

type NamedEntry = CatalogueEntry & { readonly aeon: NonNullable<CatalogueEntry['aeon']> }

/**
 * The permissions that this face can name. The enums of its clients are strict: one value that they do
 * not know, and they cannot read the whole answer. So a permission to which the catalogue gives no name
 * of Aeon's, as it does to those of this service alone, is never shown here.
 */
export function namedByAeon(catalogue: Catalogue, principal: KeyPrincipal): readonly NamedEntry[] {
  return catalogue.filter(
    (entry): entry is NamedEntry =>
      entry.aeon !== null && (entry.scope === 'account' || principal.key.platform),
  )
}

/** The catalogue as the clients read it; the tag is the first of the list, where they look for it. */
export function toCatalogueData(
  entries: readonly NamedEntry[],
): Static<typeof ResourcePermissionData>[] {
  return [...byResource(entries)].map(([type, group]) => ({
    info: {
      resource_type: type,
      resource_name: resourceNameOf(type),
      operation_groups: unique(group).map((entry) => ({
        operation_group: entry.aeon.operation_group,
        operation_group_description: entry.description,
        tags: entry.sensitive ? ['SENSITIVE'] : [],
      })),
    },
  }))
}

/** Some permissions of ours as the clients read them. */
export function toResourcePermissions(
  entries: readonly NamedEntry[],
  names: readonly string[],
): Static<typeof ResourcePermission>[] {
  const shown = entries.filter((entry) => names.includes(entry.name))
  return [...byResource(shown)].map(([type, group]) => ({
    resource_type: type,
    resource_name: resourceNameOf(type),
    operation_groups: unique(group).map((entry) => ({
      operation_group: entry.aeon.operation_group,
      operation_group_description: entry.description,
    })),
  }))
}

/** The permissions of ours that a client names. Throws `invalid_request` with every one that there is not. */
export function parsePermissions(
  entries: readonly NamedEntry[],
  wanted: readonly Static<typeof RolePermissionSpec>[],
): string[] {
  const faults: Fault[] = []
  const names = wanted.flatMap(({ resource_type: type, operation_groups: groups }, place) =>
    groups.flatMap(({ operation_group: group }, index) => {
      const found = entries.filter(
        ({ aeon }) => aeon.resource_type === type && aeon.operation_group === group,
      )
      if (found.length === 0) faults.push(unknownPermission(place, index))
      return found.map((entry) => entry.name)
    }),
  )
  if (faults.length > 0) throw invalidRequest(faults)
  return names
}

function unknownPermission(place: number, index: number): Fault {
  return {
    field: `/permissions/${place}/operation_groups/${index}`,
    rule: 'exists',
    message: 'The permission catalogue does not contain this permission.',
  }
}

function byResource(entries: readonly NamedEntry[]): Map<string, NamedEntry[]> {
  return Map.groupBy(entries, (entry) => entry.aeon.resource_type)
}

/** A catalogue may split in two what is one permission to Aeon. */
function unique(entries: readonly NamedEntry[]): NamedEntry[] {
  const groups = Map.groupBy(entries, (entry) => entry.aeon.operation_group)
  return [...groups.values()].flatMap((same) => same.slice(0, 1))
}

/** `READ_REPLICA`: Read Replica. */
function resourceNameOf(type: string): string {
  const words = type.toLowerCase().split('_')
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(' ')
}
