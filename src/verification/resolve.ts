import { type ParsedToken, parsePresentedToken } from '../domain/token/parsed-token.ts'
import { findTagKey, type TagKey } from '../domain/token/tag.ts'
import type { Token } from '../domain/token/token.ts'
import type { CachedCredential } from './cached-credential.ts'
import type { CredentialCache } from './credential-cache.ts'

/**
 * Why a token resolves to no credential. Callers learn `malformed` or `not_found` and nothing more;
 * the cause is for metrics and debug logs, where it tells a flood of forgeries from a typo.
 */
export const refusalCauses = [
  'malformed',
  'bad_signature',
  'bad_tag',
  'unknown_key',
  'wrong_secret',
] as const
export type RefusalCause = (typeof refusalCauses)[number]

/** The result of loading a credential by a statement of its own. */
export type LoadedCredential =
  | { readonly kind: 'matched'; readonly credential: CachedCredential }
  | { readonly kind: 'unmatched'; readonly cause: 'unknown_key' | 'wrong_secret' }

/** A token and the digest of the whole string that carried it. */
export interface TokenWithDigest {
  readonly token: Token
  /** SHA-256, base64url. */
  readonly digest: string
}

/** What a resolution waits for before a verdict may rest on it. */
export type Need =
  /** A load of the same token that another request began. */
  | { readonly kind: 'join'; readonly digest: string }
  /** A load by a statement that is sent from now on. */
  | ({ readonly kind: 'load' } & TokenWithDigest)
  /**
   * The tag keyring, by a statement that is sent from now on: past the lease the one in memory is
   * too old.
   */
  | { readonly kind: 'reload_keyring' }

/** What a resolution asks of memory: the cache, the tag keys, and the loads that are under way. */
export interface ResolutionMemory {
  readonly cache: Pick<CredentialCache, 'find' | 'put' | 'mayAnswer' | 'isLeaseExpired'>
  readonly keyring: { readonly keys: readonly TagKey[] }
  readonly loads: { isUnderWay(digest: string): boolean }
}

/**
 * - `cached`: an entry of the cache, or the result of another request's load. It answers while the
 *   lease holds and no change has invalidated it.
 * - `own`: the result of a statement that was sent after the request came. It always answers.
 * - `refused`: the text is no token of ours, by the tag keys in memory or, if `isOwn`, by a
 *   statement that was sent after the request came.
 * - `unresolved`: a load is needed.
 */
type State =
  | { readonly kind: 'cached' | 'own'; readonly credential: CachedCredential }
  | { readonly kind: 'refused'; readonly cause: RefusalCause; readonly isOwn: boolean }
  | { readonly kind: 'unresolved' }

const UNRESOLVED: State = { kind: 'unresolved' }

/**
 * The entry of the cache, if there is one, the lease holds and no change has invalidated it; else
 * undefined: a resolution is needed. `known` is what the cache has for the token. The hot path of
 * every verification: it allocates nothing.
 */
export function recall(
  cache: Pick<CredentialCache, 'mayAnswer'>,
  known: CachedCredential | undefined,
): CachedCredential | undefined {
  return known !== undefined && cache.mayAnswer(known) ? known : undefined
}

/**
 * Takes a presented text to a fresh credential, or to the cause why there is none: one state
 * machine for single verification, batches and the model. It is stepped synchronously and does no
 * I/O: while `stands()` is false, the driver does what `need()` says and reports the result.
 *
 * Each result is looked at again after each wait, since a change may have come meanwhile or the
 * lease may have ended. What was invalidated gets a load of its own, which nothing invalidates for
 * this request, so that a few steps are always enough.
 */
export class Resolution {
  readonly #memory: ResolutionMemory
  readonly #text: string
  readonly #digest: string
  #token: Token | undefined
  #state: State
  #hasJoined = false
  #isFirstUseSettled = false

  /** Looks into memory only. `digest` is that of `text`, and `known` what the cache has for it. */
  constructor(
    memory: ResolutionMemory,
    text: string,
    digest: string,
    known: CachedCredential | undefined,
  ) {
    this.#memory = memory
    this.#text = text
    this.#digest = digest
    const cached = recall(memory.cache, known)
    this.#state = cached === undefined ? this.#parse(false) : { kind: 'cached', credential: cached }
  }

  /** The credential to judge; undefined when the text is refused. */
  get credential(): CachedCredential | undefined {
    return 'credential' in this.#state ? this.#state.credential : undefined
  }

  /** Why there is no credential to judge. */
  get cause(): RefusalCause | undefined {
    return this.#state.kind === 'refused' ? this.#state.cause : undefined
  }

  /**
   * Whether a valid verdict must have the first use of the credential recorded before it is given.
   */
  get needsFirstUse(): boolean {
    return this.credential?.isUsed === false && !this.#isFirstUseSettled
  }

  /** Whether a verdict may rest on it, if the verdict is given in this very step. */
  stands(): boolean {
    const state = this.#state
    switch (state.kind) {
      case 'own':
        return true
      case 'cached':
        return this.mayAnswer(state.credential)
      case 'refused':
        // The tag keys in memory are older than the request, too.
        return state.isOwn || state.cause === 'malformed' || !this.#memory.cache.isLeaseExpired()
      case 'unresolved':
        return false
    }
  }

  /**
   * What to wait for while the resolution does not stand. Report the result by the method of that
   * need.
   */
  need(): Need {
    if (this.#state.kind === 'refused') return { kind: 'reload_keyring' }
    if (!this.#hasJoined && this.mayJoin()) return { kind: 'join', digest: this.#digest }
    this.#token ??= this.#parsedToken()
    if (this.#token === undefined) return { kind: 'reload_keyring' }
    return { kind: 'load', token: this.#token, digest: this.#digest }
  }

  /** Reports the result of the load that it joined. */
  joined(loaded: LoadedCredential): void {
    this.#hasJoined = true
    this.#state =
      loaded.kind === 'matched' ? { kind: 'cached', credential: loaded.credential } : UNRESOLVED
  }

  /** Reports the result of its own load. */
  loaded(loaded: LoadedCredential): void {
    this.#state =
      loaded.kind === 'matched'
        ? { kind: 'own', credential: loaded.credential }
        : { kind: 'refused', cause: loaded.cause, isOwn: true }
  }

  /** Reports that the tag keys were loaded again. */
  keyringReloaded(): void {
    this.#state = this.#parse(true)
  }

  /**
   * Reports whether this request recorded the first use. If not, it was recorded before or the
   * credential has ended: the credential is loaded again, and then shows its first use or its end.
   */
  firstUseSettled(isRecorded: boolean): void {
    const state = this.#state
    this.#isFirstUseSettled = true
    if (!isRecorded || !('credential' in state)) {
      this.loadAgain()
      return
    }
    const credential = { ...state.credential, isUsed: true }
    this.#state = { kind: state.kind, credential }
    this.#memory.cache.put(this.#digest, credential)
  }

  /** An act of this very request has changed the credential. */
  loadAgain(): void {
    this.#hasJoined = true
    this.#state = UNRESOLVED
  }

  protected mayAnswer(credential: CachedCredential): boolean {
    return this.#memory.cache.mayAnswer(credential)
  }

  /**
   * Past the lease no request joins a statement that was sent before: it may be older than the
   * request.
   */
  protected mayJoin(): boolean {
    return !this.#memory.cache.isLeaseExpired() && this.#memory.loads.isUnderWay(this.#digest)
  }

  #parse(isOwn: boolean): State {
    const { keys } = this.#memory.keyring
    const parsed = parsePresentedToken(this.#text, keys)
    if (parsed.kind === 'denied') return { kind: 'refused', cause: causeOf(parsed), isOwn }
    if (findTagKey(parsed.token, keys) === undefined) {
      return { kind: 'refused', cause: 'bad_tag', isOwn }
    }
    this.#token = parsed.token
    return UNRESOLVED
  }

  /** The cache finds an entry by its digest alone; only a load needs the parts of the token. */
  #parsedToken(): Token | undefined {
    const parsed = parsePresentedToken(this.#text, this.#memory.keyring.keys)
    return parsed.kind === 'token' ? parsed.token : undefined
  }
}

function causeOf(denied: ParsedToken & { readonly kind: 'denied' }): RefusalCause {
  return denied.reason === 'malformed' ? 'malformed' : 'bad_signature'
}
