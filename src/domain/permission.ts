import { Ajv, type ValidateFunction } from 'ajv'
import { Type } from 'typebox'
import { canonicalJson } from './canonical-json.ts'
import { maxDescriptionLength, maxNameLength, maxPermissionsPerRole } from './limits.ts'
import { nameFault, nameMessage } from './name.ts'
import { permissionPattern } from './permission-form.ts'
import service from './permissions.service.json' with { type: 'json' }

/** Apart, so that clients share it without what reads a catalogue. */
export { isPermission, permissionPattern } from './permission-form.ts'

export const permissionScopes = ['account', 'platform'] as const
export type PermissionScope = (typeof permissionScopes)[number]

/** One permission of the catalogue: its name, what it implies, and which roles hold it. */
export interface CatalogueEntry {
  readonly name: string
  readonly title: string
  readonly description: string
  /** Only roles of the platform account may hold `platform` permissions. */
  readonly scope: PermissionScope
  /** Whether a holder can change the rights of others. */
  readonly sensitive: boolean
  /** The permissions that a holder also gets. */
  readonly implies: readonly string[]
  /** The built-in roles, besides admin, that hold the permission. */
  readonly roles: readonly ('developer' | 'viewer')[]
  /** The permission's name in the Aeon API, if it has one. */
  readonly aeon: { readonly resource_type: string; readonly operation_group: string } | null
}

export type Catalogue = readonly CatalogueEntry[]

/** A list of permissions with everything that they imply, by scope, in order of name. */
export interface EffectivePermissions {
  readonly account: readonly string[]
  readonly platform: readonly string[]
}

/**
 * The catalogue in a file, together with the service's own permissions, which a file cannot
 * replace. A file may repeat one of them as it is: a permission may become the service's own that
 * files of earlier versions define. Throws an Error that lists every fault of the file.
 */
export function parseCatalogue(file: unknown): Catalogue {
  const isCatalogue = catalogueCheck()
  if (!isCatalogue(file)) {
    const faults = isCatalogue.errors?.map(
      (error) => `${error.instancePath || '/'} ${error.message}`,
    )
    throw new Error(faults?.join('; '))
  }
  const own: Catalogue = (service as { permissions: CatalogueEntry[] }).permissions
  const given: Catalogue = withoutCopies(
    (file as { permissions: CatalogueEntry[] }).permissions,
    own,
  )
  const catalogue = [...own, ...given].toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const contradictions = contradictionsOf(catalogue)
  if (contradictions.length > 0) throw new Error(contradictions.join('; '))
  return catalogue
}

function withoutCopies(given: Catalogue, own: Catalogue): Catalogue {
  const texts = new Set(own.map((entry) => canonicalJson(entry)))
  return given.filter((entry) => !texts.has(canonicalJson(entry)))
}

/**
 * The named permissions and all that they imply. A name that the catalogue does not know adds
 * nothing.
 */
export function effectivePermissions(
  catalogue: Catalogue,
  names: Iterable<string>,
): EffectivePermissions {
  const entries = new Map(catalogue.map((entry) => [entry.name, entry]))
  const held = new Set<string>()
  const open = [...names]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const entry = entries.get(name)
    if (entry === undefined || held.has(name)) continue
    held.add(name)
    open.push(...entry.implies)
  }
  const sorted = [...held].sort()
  return {
    account: sorted.filter((name) => entries.get(name)?.scope === 'account'),
    platform: sorted.filter((name) => entries.get(name)?.scope === 'platform'),
  }
}

const CatalogueFile = Type.Object(
  {
    permissions: Type.Array(
      Type.Object(
        {
          name: Type.String({ pattern: permissionPattern }),
          title: Type.String({ minLength: 1, maxLength: maxNameLength }),
          description: Type.String({ maxLength: maxDescriptionLength }),
          scope: Type.Union([Type.Literal('account'), Type.Literal('platform')]),
          sensitive: Type.Boolean(),
          implies: Type.Array(Type.String()),
          roles: Type.Array(Type.Union([Type.Literal('developer'), Type.Literal('viewer')])),
          aeon: Type.Union([
            Type.Null(),
            Type.Object(
              { resource_type: Type.String(), operation_group: Type.String() },
              { additionalProperties: false },
            ),
          ]),
        },
        { additionalProperties: false },
      ),
      { maxItems: maxPermissionsPerRole },
    ),
  },
  { additionalProperties: false },
)

let compiledCheck: ValidateFunction | undefined

/** Compiled once: that takes longer than all the rest of reading a catalogue. */
function catalogueCheck(): ValidateFunction {
  compiledCheck ??= new Ajv({ allErrors: true, validateSchema: false }).compile(CatalogueFile)
  return compiledCheck
}

function contradictionsOf(catalogue: Catalogue): string[] {
  const scopes = new Map(catalogue.map((entry) => [entry.name, entry.scope]))
  return catalogue.flatMap((entry, index) => {
    const faults: string[] = []
    if (catalogue[index - 1]?.name === entry.name)
      faults.push(`${entry.name} must be defined only once`)
    for (const text of [entry.title, ...Object.values(entry.aeon ?? {})]) {
      const rule = nameFault(text, maxNameLength)
      if (rule !== undefined)
        faults.push(`${entry.name}: ${nameMessage(rule, text, maxNameLength)}`)
    }
    for (const implied of entry.implies) {
      const scope = scopes.get(implied)
      if (scope === undefined)
        faults.push(`${entry.name} implies ${implied}, which the catalogue does not define`)
      if (scope === 'platform' && entry.scope === 'account') {
        faults.push(`${entry.name} implies ${implied}, which is a platform permission`)
      }
    }
    if (entry.scope === 'platform' && entry.roles.length > 0) {
      faults.push(`${entry.name} is a platform permission and must not be in a built-in role`)
    }
    return faults
  })
}
