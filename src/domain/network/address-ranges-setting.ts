import type { AddressRange } from './address.ts'
import { parseEntry } from './allow-list-entry.ts'

/**
 * Parses a setting: addresses and ranges, separated by commas. Undefined when one of them is
 * neither, or when there is none.
 */
export function parseAddressRanges(text: string): readonly AddressRange[] | undefined {
  const ranges: AddressRange[] = []
  for (const entry of text.split(',')) {
    const parsed = parseEntry(entry.trim())
    if (!parsed.ok) return undefined
    ranges.push(parsed.range)
  }
  return ranges
}
