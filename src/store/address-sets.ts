import { setImmediate as nextTurn } from 'node:timers/promises'
import { sql } from 'kysely'
import { LRUCache } from 'lru-cache'
import {
  type AddressSet,
  addressSetOf,
  bytesOfAddressSet,
  EMPTY_ADDRESS_SET,
  uniteAddressSets,
} from '../domain/network/address-set.ts'
import { rangesOf } from '../domain/network/allow-list.ts'
import type { Executor } from './database.ts'

/** Beyond it the least recently used sets are made anew when they are needed. */
const maxBytesRemembered = 16 * 1024 * 1024

/**
 * The address sets by the versions of the lists that they unite, separated by spaces. A version
 * names the same entries for ever, so that a set never becomes stale; all keys with the same lists
 * share it.
 */
const sets = new LRUCache<string, AddressSet>({
  maxSize: maxBytesRemembered,
  sizeCalculation: (set, versions) => versions.length + bytesOfAddressSet(set),
})

/** The set of lists of these versions, if it was made before; no versions: the empty set. */
export function knownAddressSet(versions: string): AddressSet | undefined {
  return versions === '' ? EMPTY_ADDRESS_SET : sets.get(versions)
}

/** The set of one list. `entries` are separated by spaces. */
export function parseAddressSet(version: string, entries: string): AddressSet {
  return knownAddressSet(version) ?? remember(version, addressSetOf(rangesOf(entries.split(' '))))
}

/** The set of several lists, given the set of each. */
export function uniteKnownAddressSets(versions: string, of: readonly AddressSet[]): AddressSet {
  return knownAddressSet(versions) ?? remember(versions, uniteAddressSets(of))
}

/**
 * The set of the lists of these versions, which nobody may edit meanwhile. Each list that is not
 * known is parsed in a turn of the event loop of its own: 10,000 entries take 50 ms.
 */
export async function loadAddressSet(db: Executor, versions: string): Promise<AddressSet> {
  const known = knownAddressSet(versions)
  if (known !== undefined) return known
  const each = versions.split(' ')
  const entries = await findListEntries(
    db,
    each.filter((version) => knownAddressSet(version) === undefined),
  )
  let united = EMPTY_ADDRESS_SET
  for (const version of each) {
    await nextTurn()
    const set = parseAddressSet(version, entries.get(version) ?? '')
    united = uniteAddressSets([united, set])
  }
  return remember(versions, united)
}

/**
 * The entries of the lists that have these versions now, separated by spaces; a list that was
 * edited has none of them.
 */
export async function findListEntries(
  db: Executor,
  versions: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await db
    .selectFrom('allow_list')
    .select(['version', sql<string>`array_to_string(entries, ' ')`.as('entries')])
    .where('version', '=', sql<string>`any(${versions}::uuid[])`)
    .execute()
  return new Map(rows.map(({ version, entries }) => [version, entries]))
}

function remember(versions: string, set: AddressSet): AddressSet {
  sets.set(versions, set)
  return set
}
