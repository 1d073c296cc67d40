import { type AddressSet, EMPTY_ADDRESS_SET } from '../network/address-set.ts'
import type { Verdict } from '../verdict.ts'
import type { EdgeAnswer, ToFollower } from './edge-follower.ts'
import type { AddressesMessage, RightsMessage, WireAnswer } from './edge-message.ts'
import { KnownKey } from './known-key.ts'
import { parseToEdge } from './parse-to-edge.ts'
import { type AnnouncedRights, fromWireFacts, type WireFacts } from './wire-facts.ts'

/** Accounts whose ids keys share: an id that was read again is another text in memory. */
const maxAccounts = 10_000

/**
 * What came, for an EdgeFollower. `announcement`: it has nothing to follow. `fault`: the instance
 * may have told what narrows a key, and nothing may be answered by this stream any more.
 */
export type Read =
  | { readonly kind: 'message'; readonly message: ToFollower<KnownKey, Verdict> }
  | { readonly kind: 'announcement' }
  | { readonly kind: 'fault' }

const announcement: Read = { kind: 'announcement' }
const fault: Read = { kind: 'fault' }

/** Reads the frames of one stream: facts refer to what was announced on it before. */
export class EdgeReader {
  readonly #rights = new Map<number, AnnouncedRights>()
  readonly #addresses = new Map<number, AddressSet>()
  readonly #accounts = new Map<string, string>()

  read(text: string): Read {
    const message = parseToEdge(text)
    if (message === undefined) return fault
    switch (message.kind) {
      case 'rights':
        this.#rights.set(message.number, rightsOf(message))
        return announcement
      case 'addresses':
        this.#addresses.set(message.number, addressSetOf(message))
        return announcement
      case 'answered': {
        const answer = this.#answerOf(message.answer)
        if (answer === undefined) return fault
        return { kind: 'message', message: { ...message, answer } }
      }
      default:
        return { kind: 'message', message }
    }
  }

  /** Undefined: the facts refer to what was not announced. */
  #answerOf(answer: WireAnswer): EdgeAnswer<KnownKey, Verdict> | undefined {
    if (answer.kind === 'no_verdict') {
      return { verdict: undefined, facts: undefined, cause: answer.cause }
    }
    const { reason, mayKeep } = answer
    if (answer.key === null) {
      if (reason === null) return undefined
      return { verdict: { valid: false, reason, key: undefined }, facts: undefined }
    }
    const known = this.#keyOf(answer.key)
    if (known === undefined) return undefined
    const { key } = known
    const verdict: Verdict = reason === null ? { valid: true, key } : { valid: false, reason, key }
    return { verdict, facts: mayKeep ? known : undefined }
  }

  #keyOf(wire: WireFacts): KnownKey | undefined {
    const rights = this.#rights.get(wire.rights)
    const addresses =
      wire.addresses === null ? EMPTY_ADDRESS_SET : this.#addresses.get(wire.addresses)
    if (rights === undefined || addresses === undefined) return undefined
    const accountId = this.#sharedId(wire.accountId)
    return new KnownKey(fromWireFacts({ ...wire, accountId }, rights, addresses))
  }

  #sharedId(accountId: string): string {
    const known = this.#accounts.get(accountId)
    if (known !== undefined) return known
    if (this.#accounts.size < maxAccounts) this.#accounts.set(accountId, accountId)
    return accountId
  }
}

/** Callers get the role and the permissions in verdicts: nobody may change what others judge by. */
function rightsOf({ role, permissions }: RightsMessage): AnnouncedRights {
  return {
    role: Object.freeze({ id: role.id, name: role.name }),
    permissions: Object.freeze([...permissions]),
    holds: new Set(permissions),
  }
}

function addressSetOf({ ipv4, ipv6 }: AddressesMessage): AddressSet {
  return {
    ipv4: {
      wordsPerBound: 1,
      firsts: Uint32Array.from(ipv4.firsts),
      lasts: Uint32Array.from(ipv4.lasts),
    },
    ipv6: {
      wordsPerBound: 4,
      firsts: Uint32Array.from(ipv6.firsts),
      lasts: Uint32Array.from(ipv6.lasts),
    },
  }
}
