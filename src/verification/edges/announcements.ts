import type { ToEdgeMessage } from '../../domain/edge/edge-message.ts'
import { maxWireRanges } from '../../domain/edge/edge-protocol.ts'
import { toWireFacts, type WireFacts } from '../../domain/edge/wire-facts.ts'
import { type AddressSet, countRangesOfFamily } from '../../domain/network/address-set.ts'
import type { KeyFacts } from '../../domain/verdict.ts'

/** How many roles, and how many sets of addresses, one stream refers to at a time. */
const maxNumbers = 1_000

/**
 * What was announced on one stream. The keys of a role share its permissions, and keys with the
 * same lists share their addresses: each is sent once, and facts refer to it by a number.
 */
export class Announcements {
  readonly #send: (message: ToEdgeMessage) => void
  readonly #rights = new Numbers<string>()
  readonly #addresses = new Numbers<AddressSet>()

  constructor(send: (message: ToEdgeMessage) => void) {
    this.#send = send
  }

  /** The facts of a key, after what they refer to. */
  factsOf(key: KeyFacts): WireFacts {
    return toWireFacts(key, { rights: this.#rightsOf(key), addresses: this.#addressesOf(key) })
  }

  #rightsOf({ role, permissions }: KeyFacts): number {
    const name = `${idOf(permissions)} ${role.id} ${role.name}`
    return this.#rights.numberOf(name, (number) =>
      this.#send({ kind: 'rights', number, role: { id: role.id, name: role.name }, permissions }),
    )
  }

  #addressesOf({ reach, addresses }: KeyFacts): number | null {
    if (reach === 'anywhere' || !areSent(addresses)) return null
    return this.#addresses.numberOf(addresses, (number) =>
      this.#send({
        kind: 'addresses',
        number,
        ipv4: { firsts: [...addresses.ipv4.firsts], lasts: [...addresses.ipv4.lasts] },
        ipv6: { firsts: [...addresses.ipv6.firsts], lasts: [...addresses.ipv6.lasts] },
      }),
    )
  }
}

/** Whether an edge can judge the key: of longer lists it gets verdicts only. */
export function isJudgedAtEdges({ reach, addresses }: KeyFacts): boolean {
  return reach === 'anywhere' || areSent(addresses)
}

function areSent(addresses: AddressSet): boolean {
  return ([4, 6] as const).every(
    (family) => countRangesOfFamily(addresses, family) <= maxWireRanges,
  )
}

/** Numbers for what was sent last; the oldest number is given to what comes after `maxNumbers`. */
class Numbers<Named> {
  readonly #numbers = new Map<Named, number>()

  numberOf(named: Named, announce: (number: number) => void): number {
    const known = this.#numbers.get(named)
    if (known !== undefined) return known
    const number = this.#takeNumber()
    this.#numbers.set(named, number)
    announce(number)
    return number
  }

  #takeNumber(): number {
    if (this.#numbers.size < maxNumbers) return this.#numbers.size
    const [oldest] = this.#numbers
    if (oldest === undefined) return 0
    this.#numbers.delete(oldest[0])
    return oldest[1]
  }
}

const ids = new WeakMap<readonly string[], number>()
let lastId = 0

/** Names a set of permissions, which all keys of a role share. */
function idOf(permissions: readonly string[]): number {
  const known = ids.get(permissions)
  if (known !== undefined) return known
  lastId += 1
  ids.set(permissions, lastId)
  return lastId
}
