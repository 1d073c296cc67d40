import { type AddressRange, parseEntry } from './address.ts'

/**
 * Reads a list of addresses and ranges, separated by commas, as a setting gives them; undefined when
 * any of them is neither, or there is none.
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
