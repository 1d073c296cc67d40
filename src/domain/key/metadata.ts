import { maxMetadataBytes, maxNameLength } from '../limits.ts'
import { descriptionFault, type NameRule, nameFault } from '../name.ts'
import type { Metadata } from './metadata-entries.ts'

/** Apart, so that clients share it without the rules of texts. */
export type { Metadata } from './metadata-entries.ts'

export type MetadataFault =
  | { readonly kind: 'size' }
  | { readonly kind: 'name' | 'value'; readonly name: string; readonly rule: NameRule }

/**
 * Every rule that a map breaks. Names follow the rules of names, values those of descriptions, and
 * the whole map is limited in size.
 */
export function faultsOfMetadata(metadata: Metadata): MetadataFault[] {
  const faults: MetadataFault[] = []
  const bytes = new TextEncoder().encode(JSON.stringify(metadata)).length
  if (bytes > maxMetadataBytes) faults.push({ kind: 'size' })
  for (const [name, value] of Object.entries(metadata)) {
    const ofName = nameFault(name, maxNameLength)
    if (ofName !== undefined) faults.push({ kind: 'name', name, rule: ofName })
    const ofValue = descriptionFault(value, maxMetadataBytes)
    if (ofValue !== undefined) faults.push({ kind: 'value', name, rule: ofValue })
  }
  return faults
}

/** Whether two maps hold the same entries, in any order. */
export function isSameMetadata(one: Metadata, other: Metadata): boolean {
  const names = Object.keys(one)
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && one[name] === other[name])
  )
}
