import type { Static } from 'typebox'
import type { Catalogue, CatalogueEntry } from '../../../domain/permission.ts'
import { type CallerPrincipal, rightsOf } from '../../../domain/principal.ts'
import type { ResourcePermissionInfo, ResourcePermissionsData } from './permission-schemas.ts'
import { resourceNameOf } from './resource-names.ts'

/** A permission of the catalogue that has a name in Aeon. */
export type NamedEntry = CatalogueEntry & { readonly aeon: NonNullable<CatalogueEntry['aeon']> }

/**
 * The permissions that have a name in Aeon. The enums of the clients are strict: one unknown value
 * makes a whole answer unreadable. So the Aeon API never shows a permission without such a name,
 * which are those of this service alone.
 */
export function namedByAeon(
  catalogue: Catalogue,
  principal: CallerPrincipal,
): readonly NamedEntry[] {
  return catalogue.filter(
    (entry): entry is NamedEntry =>
      entry.aeon !== null && (entry.scope === 'account' || rightsOf(principal).platform),
  )
}

/** The catalogue in Aeon's form. The clients look for the tag at the first place of its list. */
export function toCatalogueData(
  entries: readonly NamedEntry[],
): Static<typeof ResourcePermissionsData>[] {
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

/** The named permissions of the service, in Aeon's form. */
export function toResourcePermissions(
  entries: readonly NamedEntry[],
  names: readonly string[],
): ResourcePermissionInfo[] {
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

function byResource(entries: readonly NamedEntry[]): Map<string, NamedEntry[]> {
  return Map.groupBy(entries, (entry) => entry.aeon.resource_type)
}

/** A catalogue may have two permissions where Aeon has one. */
function unique(entries: readonly NamedEntry[]): NamedEntry[] {
  const groups = Map.groupBy(entries, (entry) => entry.aeon.operation_group)
  return [...groups.values()].flatMap((same) => same.slice(0, 1))
}
