import type { Address } from '../../domain/network/address.ts'
import { tokenDigest } from '../../domain/token/digest.ts'
import type { Attempt, Verdict } from '../../domain/verdict.ts'
import { ServiceError } from '../../errors.ts'
import { isCurrent, type KeyCaller } from '../current-caller.ts'
import { isUnavailable } from '../outage.ts'
import { verify } from '../verify.ts'
import type { EdgesDeps } from './edges-deps.ts'

/** How the process at the other end of a stream authenticated. */
export interface EdgeCredentials {
  readonly token: string
  readonly address: Address | undefined
}

/** The key of an edge lost the right to verify. */
export class EdgeRefused extends Error {
  override readonly name = 'EdgeRefused'
}

/**
 * The right of an edge to verify: that of the key by which its process authenticated, from the same
 * address, as if each beat and each question were a request.
 */
export class EdgeAuthority {
  readonly #deps: EdgesDeps
  readonly #token: string
  /** Of the token: a thousand edges beat hundreds of times a second. */
  readonly #digest: string | undefined
  readonly #attempt: Attempt
  readonly #onRefused: () => void
  #caller: KeyCaller

  constructor(
    deps: EdgesDeps,
    who: { readonly caller: KeyCaller; readonly credentials: EdgeCredentials },
    onRefused: () => void,
  ) {
    const { token, address } = who.credentials
    this.#deps = deps
    this.#token = token
    this.#digest = tokenDigest(token)
    this.#attempt = { address, permissions: ['api_key:verify'], accountId: undefined }
    this.#caller = who.caller
    this.#onRefused = onRefused
  }

  get caller(): KeyCaller {
    return this.#caller
  }

  get isCurrent(): boolean {
    return isCurrent(this.#deps, this.#caller)
  }

  /** How long the key of the edge is valid for certain, by the clock of this instance. */
  get validForMs(): number {
    const { expiresAt, endsAt } = this.#caller.key
    const now = this.#deps.now().getTime()
    const ends = [expiresAt, endsAt].flatMap((time) => (time === null ? [] : [time.getTime()]))
    return Math.max(0, Math.min(...ends) - now)
  }

  /** Authorizes the edge again. Throws EdgeRefused, or an outage. */
  async renew(): Promise<void> {
    const epoch = this.#deps.cache.epoch
    const verdict = this.#judge()
    const readAt = verdict instanceof Promise ? this.#deps.cache.monotonicMs() : undefined
    this.#take(await verdict, epoch, readAt)
  }

  /** Authorizes the edge again from memory; leaves it as it is if memory does not know. */
  renewFromMemory(): void {
    const epoch = this.#deps.cache.epoch
    const verdict = this.#judge()
    // Whether that verdict comes is for the next renewal to find out.
    if (verdict instanceof Promise) verdict.catch(() => undefined)
    else this.#take(verdict, epoch, undefined)
  }

  /** Counts as a use of the key: an edge that only beats must not look like a key out of use. */
  #judge(): Verdict | Promise<Verdict> {
    return verify(this.#deps, this.#token, this.#attempt, this.#digest)
  }

  #take(verdict: Verdict, epoch: number, readAt: number | undefined): void {
    if (verdict.valid && verdict.key.platform) {
      this.#caller = { key: verdict.key, epoch, readAt }
      return
    }
    this.#onRefused()
    throw new EdgeRefused('The key of the edge may not verify any more.')
  }
}

/** Logs what an edge cannot be blamed for. An outage of the database is logged where it is met. */
export function logFault({ log }: Pick<EdgesDeps, 'log'>, error: unknown): void {
  if (error instanceof EdgeRefused || error instanceof ServiceError || isUnavailable(error)) return
  log.error({ err: error }, 'failed to answer an edge')
}
