import { type AddressSet, uniteAddressSets } from '../domain/network/address-set.ts'
import { ServiceError } from '../errors.ts'
import type { CurrentReads } from '../freshness/current-reads.ts'
import {
  findListEntries,
  knownAddressSet,
  parseAddressSet,
  uniteKnownAddressSets,
} from '../store/address-sets.ts'
import type { CredentialResult } from '../store/credential-rows.ts'
import { BatchLoader } from './batch-loader.ts'
import { FairTurns } from './fair-turns.ts'
import { SingleFlight } from './single-flight.ts'

interface WantedList {
  readonly version: string
  readonly accountId: string
}

/** The most lists that one statement reads: 100 entries of 43 characters each, 200 KB in all. */
const maxListsAtOnce = 50

/**
 * A key's lists may be edited between two reads of the key. Only an attack edits them so often that
 * each of these reads meets another version.
 */
const maxReads = 5

/**
 * Loads the addresses of keys' allow lists, each version of a list once for all keys that use it:
 * reading and parsing take the accounts in turn, so that the longest lists of one account cost
 * others a turn. What was read lately is shared by all keys: a version names the same entries for
 * ever.
 */
export class AddressSetLoader {
  readonly #currentReads: Pick<CurrentReads, 'read'>
  readonly #lists: BatchLoader<WantedList, AddressSet>
  readonly #turns = new FairTurns()
  /** Not bounded by itself: there are no more than lists that wait and keys that are loaded. */
  readonly #loads = new SingleFlight<AddressSet | undefined>(Number.POSITIVE_INFINITY)

  /** Beyond `maxWaiting` lists the account with the most waiting is refused (`overloaded`). */
  constructor(currentReads: Pick<CurrentReads, 'read'>, maxWaiting: number) {
    this.#currentReads = currentReads
    this.#lists = new BatchLoader({
      keyOf: ({ version }) => version,
      accountOf: ({ accountId }) => accountId,
      maxWaiting,
      maxAtOnce: maxListsAtOnce,
      load: (wanted) => this.#readAndParse(wanted),
    })
  }

  /**
   * The addresses of the lists of these versions; undefined when a list was edited or deleted
   * meanwhile.
   */
  async load(accountId: string, versions: string): Promise<AddressSet | undefined> {
    return (
      knownAddressSet(versions) ??
      this.#loads.share(versions, () => this.#loadAll(accountId, versions))
    )
  }

  /**
   * A row of a key with the addresses of the lists that it names, both of one moment; undefined
   * when there is no row. `read` sends a statement at each call. Throws ServiceError `overloaded`
   * when each read meets lists that were edited meanwhile.
   */
  async loadWith<Row>(
    read: () => Promise<Row | undefined>,
    credentialOf: (row: Row) => Pick<CredentialResult, 'account_id' | 'list_versions'>,
  ): Promise<{ readonly row: Row; readonly addresses: AddressSet } | undefined> {
    for (let reads = 1; reads <= maxReads; reads += 1) {
      const row = await read()
      if (row === undefined) return undefined
      const { account_id: accountId, list_versions: versions } = credentialOf(row)
      const addresses = knownAddressSet(versions) ?? (await this.load(accountId, versions))
      if (addresses !== undefined) return { row, addresses }
    }
    throw new ServiceError(
      'overloaded',
      'The allow lists of the key change too often. Try again later.',
    )
  }

  async #loadAll(accountId: string, versions: string): Promise<AddressSet | undefined> {
    const each = versions.split(' ')
    if (each.length === 1) return this.#lists.load({ version: versions, accountId })
    const loads = each.map((version) => this.load(accountId, version))
    const sets = (await Promise.all(loads)).filter((set) => set !== undefined)
    if (sets.length < each.length) return undefined
    return this.#unite(accountId, versions, sets)
  }

  /** In pairs: the whole of 10,000 ranges at once took most of the 20 ms that a turn may take. */
  async #unite(
    accountId: string,
    versions: string,
    sets: readonly AddressSet[],
  ): Promise<AddressSet> {
    let left = sets
    while (left.length > 2) {
      const pairs = Array.from({ length: Math.ceil(left.length / 2) }, (_, index) =>
        left.slice(index * 2, index * 2 + 2),
      )
      left = await Promise.all(
        pairs.map((pair) => this.#turns.run(accountId, () => uniteAddressSets(pair))),
      )
    }
    return this.#turns.run(accountId, () => uniteKnownAddressSets(versions, left))
  }

  /** The next statement waits until these lists are parsed: what is read piles up nowhere. */
  async #readAndParse(wanted: readonly WantedList[]): Promise<ReadonlyMap<string, AddressSet>> {
    const versions = wanted.map(({ version }) => version)
    const entries = await this.#currentReads.read((db) => findListEntries(db, versions))
    const parsed = wanted.map(async ({ version, accountId }) => {
      const text = entries.get(version)
      if (text === undefined) return []
      const set = await this.#turns.run(accountId, () => parseAddressSet(version, text))
      return [[version, set] as const]
    })
    return new Map((await Promise.all(parsed)).flat())
  }
}
