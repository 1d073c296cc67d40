import { type Static, Type } from 'typebox'
import type { Catalogue, CatalogueEntry } from '../../../domain/permission.ts'
import type { KeyPrincipal } from '../../../domain/principal.ts'

export const ResourcePermission = Type.Object(
  {
    resource_type: Type.String({ examples: ['CLUSTER'] }),
    resource_name: Type.String(),
    operation_groups: Type.Array(
      Type.Object({
        operation_group: Type.String({ examples: ['READ'] }),
        operation_group_description: Type.String(),
      }),
    ),
  },
  { $id: 'ResourcePermissionInfo' },
)

export const ResourcePermissionData = Type.Object(
  {
    info: Type.Object({
      resource_type: Type.String(),
      resource_name: Type.String(),
      operation_groups: Type.Array(
        Type.Object({
          operation_group: Type.String(),
          operation_group_description: Type.String(),
          tags: Type.Array(Type.String(), {
            description:
              'Begins with `SENSITIVE` if a holder of the permission can change access rights.',
          }),
        }),
      ),
    }),
  },
  { $id: 'ResourcePermissionData' },
)

/** A permission of the catalogue that has a name in Aeon. */
export type NamedEntry = CatalogueEntry & { readonly aeon: NonNullable<CatalogueEntry['aeon']> }

/**
 * The permissions that have a name in Aeon. The enums of the clients are strict: one unknown value
 * makes a whole answer unreadable. So the Aeon API never shows a permission without such a name,
 * which are those of this service alone.
 */
export function namedByAeon(catalogue: Catalogue, principal: KeyPrincipal): readonly NamedEntry[] {
  return catalogue.filter(
    (entry): entry is NamedEntry =>
      entry.aeon !== null && (entry.scope === 'account' || principal.key.platform),
  )
}

/** The catalogue in Aeon's form. The clients look for the tag at the first place of its list. */
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

/** The named permissions of the service, in Aeon's form. */
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

function byResource(entries: readonly NamedEntry[]): Map<string, NamedEntry[]> {
  return Map.groupBy(entries, (entry) => entry.aeon.resource_type)
}

/** A catalogue may have two permissions where Aeon has one. */
function unique(entries: readonly NamedEntry[]): NamedEntry[] {
  const groups = Map.groupBy(entries, (entry) => entry.aeon.operation_group)
  return [...groups.values()].flatMap((same) => same.slice(0, 1))
}

/** `READ_REPLICA`: Read Replica. */
function resourceNameOf(type: string): string {
  const words = type.toLowerCase().split('_')
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(' ')
}
