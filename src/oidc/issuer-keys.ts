import type { JWK } from 'jose'
import { findKey, type KeySet } from './key-set.ts'
import type { SigningHeader } from './signing-header.ts'
import { TokenArrivals } from './token-arrivals.ts'

/** Whether it can be known only after the issuer is asked for its keys again. */
export interface KeyAway {
  readonly kind: 'away'
  /** When to try again: the issuer is asked at the earliest then, or is being asked. */
  readonly retryAfterSeconds: number
}

/**
 * `unknown`: the issuer had no such key when it was asked last, which was after the token came.
 * `away`: whether it has cannot be known now.
 */
export type FoundKey =
  | { readonly kind: 'key'; readonly key: JWK }
  | { readonly kind: 'unknown' }
  | KeyAway

export interface WantedKey extends SigningHeader {
  /** The text of the token whose signature the key is to check. */
  readonly token: string
}

/** Keys of this age are asked for again. Issuers announce a key before its use. */
const refreshAfterMs = 10 * 60 * 1000
/** A key that an issuer withdrew while it could not be reached is trusted no longer than this. */
const knownForMs = 24 * 60 * 60 * 1000
/** Tokens with an unknown `kid` share one refresh in this time: anybody can write one. */
const oncePerMs = 60_000
/** An issuer that is away is not asked by every request. */
const awayForMs = 5_000

const UNKNOWN: FoundKey = { kind: 'unknown' }

interface KnownKeys {
  readonly keys: KeySet
  /** When they were asked for. */
  readonly askedAtMs: number
}

/**
 * The keys of an issuer. Once they are known, no request waits for the issuer: they are asked for
 * again in the background. Only the requests that come before any key is known wait for it, all for
 * one answer. An issuer may sign by a key that it published a moment ago: only keys that were asked
 * for after a token came refuse it. Times are of the monotonic clock.
 */
export class IssuerKeys {
  readonly #load: () => Promise<KeySet>
  readonly #monotonicMs: () => number
  readonly #onFailure: (error: unknown) => void
  #known: KnownKeys | undefined
  #refresh: Promise<void> | undefined
  #triedAtMs = Number.NEGATIVE_INFINITY
  /** Of tokens by no known key. */
  readonly #arrivals = new TokenArrivals()

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
  find(wanted: WantedKey): FoundKey | Promise<FoundKey> {
    const known = this.#current()
    if (known === undefined) return this.#findFirst(wanted)
    const isOld = this.#monotonicMs() - known.askedAtMs >= refreshAfterMs
    if (isOld) void this.#refreshAfter(oncePerMs)
    return this.#findIn(known, wanted)
  }

  async #findFirst(wanted: WantedKey): Promise<FoundKey> {
    this.#arrivals.firstOf(wanted.token, this.#monotonicMs())
    await this.#refreshAfter(awayForMs)
    const known = this.#current()
    return known === undefined ? this.#awayUntilAfter(awayForMs) : this.#findIn(known, wanted)
  }

  #findIn({ keys, askedAtMs }: KnownKeys, { kid, algorithm, token }: WantedKey): FoundKey {
    const key = findKey(keys, kid, algorithm)
    if (key !== undefined) return { kind: 'key', key }
    const cameAtMs = this.#arrivals.firstOf(token, this.#monotonicMs())
    void this.#refreshAfter(oncePerMs)
    return cameAtMs <= askedAtMs ? UNKNOWN : this.#awayUntilAfter(oncePerMs)
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

  /** Until the issuer may be asked again, `pauseMs` after it was asked last. */
  #awayUntilAfter(pauseMs: number): KeyAway {
    const waitMs = this.#refresh === undefined ? this.#triedAtMs + pauseMs - this.#monotonicMs() : 0
    return { kind: 'away', retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) }
  }
}
