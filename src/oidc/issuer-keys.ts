import type { JWK } from 'jose'
import { findKey, type KeySet } from './key-set.ts'
import type { SigningHeader } from './signing-header.ts'

/** `unknown`: the issuer has no such key. `away`: whether it has cannot be known now. */
export type FoundKey =
  | { readonly kind: 'key'; readonly key: JWK }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'away' }

/** Keys of this age are asked for again. Issuers announce a key before its use. */
const refreshAfterMs = 10 * 60 * 1000
/** A key that an issuer withdrew while it could not be reached is trusted no longer than this. */
const knownForMs = 24 * 60 * 60 * 1000
/** Tokens with an unknown `kid` share one refresh in this time: anybody can write one. */
const oncePerMs = 60_000
/** An issuer that is away is not asked by every request. */
const awayForMs = 5_000

const UNKNOWN: FoundKey = { kind: 'unknown' }
const AWAY: FoundKey = { kind: 'away' }

interface KnownKeys {
  readonly keys: KeySet
  /** When they were asked for. */
  readonly askedAtMs: number
}

/**
 * The keys of an issuer. Once they are known, no request waits for the issuer: they are asked for
 * again in the background. Only the requests that come before any key is known wait for it, all for
 * one answer. Times are of the monotonic clock.
 */
export class IssuerKeys {
  readonly #load: () => Promise<KeySet>
  readonly #monotonicMs: () => number
  readonly #onFailure: (error: unknown) => void
  #known: KnownKeys | undefined
  #refresh: Promise<void> | undefined
  #triedAtMs = Number.NEGATIVE_INFINITY

  /** `onFailure` is called for each refresh that fails. */
  constructor(
    load: () => Promise<KeySet>,
    onFailure: (error: unknown) => void,
    monotonicMs: () => number = () => performance.now(),
  ) {
    this.#load = load
    this.#onFailure = onFailure
    this.#monotonicMs = monotonicMs
  }

  /** Returns a promise only while no keys are known. */
  find(wanted: SigningHeader): FoundKey | Promise<FoundKey> {
    const known = this.#current()
    if (known === undefined) return this.#findFirst(wanted)
    const ageMs = this.#monotonicMs() - known.askedAtMs
    if (ageMs >= refreshAfterMs) void this.#refreshAfter(oncePerMs)
    const key = findKey(known.keys, wanted.kid, wanted.algorithm)
    if (key !== undefined) return { kind: 'key', key }
    if (ageMs < oncePerMs) return UNKNOWN
    void this.#refreshAfter(oncePerMs)
    return AWAY
  }

  async #findFirst({ kid, algorithm }: SigningHeader): Promise<FoundKey> {
    await this.#refreshAfter(awayForMs)
    const known = this.#current()
    if (known === undefined) return AWAY
    const key = findKey(known.keys, kid, algorithm)
    return key === undefined ? UNKNOWN : { kind: 'key', key }
  }

  #current(): KnownKeys | undefined {
    const known = this.#known
    if (known === undefined || this.#monotonicMs() - known.askedAtMs >= knownForMs) return undefined
    return known
  }

  /** The refresh under way, or a new one unless the last was begun less than so long ago. */
  #refreshAfter(pauseMs: number): Promise<void> | undefined {
    if (this.#refresh !== undefined) return this.#refresh
    const askedAtMs = this.#monotonicMs()
    if (askedAtMs - this.#triedAtMs < pauseMs) return undefined
    this.#triedAtMs = askedAtMs
    this.#refresh = this.#load()
      .then((keys) => {
        this.#known = { keys, askedAtMs }
      }, this.#onFailure)
      .finally(() => {
        this.#refresh = undefined
      })
    return this.#refresh
  }
}
