import { type AddressRange, rangeCovers } from './address.ts'
import { entryMessage, parseEntry } from './allow-list-entry.ts'

/**
 * A named set of entries (addresses and ranges) of one account. `allow-list-entry.ts` parses an
 * entry; `hasAddress` in `address-set.ts` matches a client.
 */
export interface AllowList {
  readonly id: string
  readonly accountId: string
  readonly name: string
  readonly description: string
  /** Exactly as the caller wrote them, each once. */
  readonly entries: readonly string[]
  readonly createdAt: Date
  readonly updatedAt: Date
}

export interface EntryFault {
  readonly index: number
  readonly rule: string
  readonly message: string
}

/** Every entry that is neither an address nor a range, with the rule that the entry breaks. */
export function entryFaults(entries: readonly string[]): EntryFault[] {
  return entries.flatMap((entry, index) => {
    const parsed = parseEntry(entry)
    if (parsed.ok) return []
    return [{ index, rule: parsed.rule, message: entryMessage(parsed.rule) }]
  })
}

/**
 * The entries without those that repeat an earlier one, letter by letter. Two ways to write one
 * range stay two entries: Terraform compares what it reads with what it sent.
 */
export function distinctEntries(entries: readonly string[]): string[] {
  return [...new Set(entries)]
}

/** The ranges of stored entries. An entry that does not parse covers nothing. */
export function rangesOf(entries: readonly string[]): AddressRange[] {
  return entries.flatMap((entry) => {
    const parsed = parseEntry(entry)
    return parsed.ok ? [parsed.range] : []
  })
}

/**
 * Whether some entry of `after` lies in no single entry of `before`: keys may then be used from
 * more addresses.
 */
export function widens(before: readonly string[], after: readonly string[]): boolean {
  const old = rangesOf(before)
  return !rangesOf(after).every((range) => old.some((outer) => rangeCovers(outer, range)))
}
