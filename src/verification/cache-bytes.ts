import { bytesOfAddressSet } from '../domain/network/address-set.ts'
import type { CachedCredential } from './cached-credential.ts'

/** What an entry takes that has short names and shares its permissions and addresses. */
const entryBytes = 1_000
/** A text of 36 characters, and its place in an array. */
const allowListIdBytes = 64
/** A text without its characters, and its places in an array and in a set. */
const permissionBytes = 64

interface Shared {
  readonly bytes: number
  entries: number
}

/**
 * Estimates how much memory cached credentials take. What entries share, the addresses of allow
 * lists and the permissions of roles, counts once, for as long as an entry refers to it.
 */
export class CacheBytes {
  readonly #shared = new Map<object, Shared>()
  #total = 0

  get total(): number {
    return this.#total
  }

  add({ facts }: CachedCredential): void {
    this.#total += ownBytesOf(facts)
    this.#share(facts.addresses, () => bytesOfAddressSet(facts.addresses))
    this.#share(facts.holds, () => bytesOfPermissions(facts.permissions))
  }

  remove({ facts }: CachedCredential): void {
    this.#total -= ownBytesOf(facts)
    this.#unshare(facts.addresses)
    this.#unshare(facts.holds)
  }

  #share(part: object, measure: () => number): void {
    const known = this.#shared.get(part)
    if (known !== undefined) {
      known.entries += 1
      return
    }
    const bytes = measure()
    this.#shared.set(part, { bytes, entries: 1 })
    this.#total += bytes
  }

  #unshare(part: object): void {
    const known = this.#shared.get(part)
    if (known === undefined) return
    known.entries -= 1
    if (known.entries > 0) return
    this.#shared.delete(part)
    this.#total -= known.bytes
  }
}

/** Two bytes for each code unit of a name, as V8 stores text outside of Latin-1. */
function ownBytesOf({ name, issuedFor, allowListIds }: CachedCredential['facts']): number {
  const letters = name.length + (issuedFor?.length ?? 0)
  return entryBytes + 2 * letters + allowListIdBytes * allowListIds.length
}

function bytesOfPermissions(permissions: readonly string[]): number {
  return permissions.reduce((bytes, name) => bytes + permissionBytes + name.length, 0)
}
