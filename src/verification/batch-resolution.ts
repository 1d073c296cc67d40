import type { Deps } from '../deps.ts'
import { parsePresentedToken } from '../domain/token/parsed-token.ts'
import { findTagKey } from '../domain/token/tag.ts'
import type { Token } from '../domain/token/token.ts'
import type { DenialReason } from '../domain/verdict.ts'
import type { CachedCredential } from './credential-cache.ts'
import { loadCredential } from './load-credential.ts'
import { tokenDigest } from './token-digest.ts'

/** What the verdicts of a batch on one token rest on: at first what memory says, later a read. */
export class Resolution {
  readonly #deps: Deps
  readonly #text: string
  readonly #digest: string
  /** Taken apart; undefined while memory knows the text, or it is no token that a known tag key made. */
  #token: Token | undefined
  #credential: CachedCredential | undefined
  #denial: DenialReason | undefined
  /** A read that somebody else had begun when the batch came. */
  #underWay: Promise<CachedCredential | undefined> | undefined
  /** Whether it rests on a statement that was sent for this very batch. */
  #isOwn = false
  #isFirstUseSettled = false

  /** Looks into memory; asks nothing of the database. */
  constructor(deps: Deps, text: string) {
    this.#deps = deps
    this.#text = text
    const digest = tokenDigest(text)
    this.#digest = digest ?? ''
    const cached = digest === undefined ? undefined : deps.cache.find(digest)
    if (cached !== undefined) {
      this.#credential = cached
      if (deps.cache.mayAnswer(cached)) deps.counters.cacheHits += 1
      else deps.counters.cacheStale += 1
      return
    }
    const token = this.#readToken()
    if (token === undefined) return
    deps.counters.cacheMisses += 1
    if (findTagKey(token, deps.keyring.keys) === undefined) {
      this.#denial = 'not_found'
      return
    }
    this.#token = token
    this.#underWay = deps.reads.find(this.#digest)
  }

  get credential(): CachedCredential | undefined {
    return this.#credential
  }

  /** Why there is no credential to judge. */
  get denial(): DenialReason {
    return this.#denial ?? 'not_found'
  }

  /** Whether a valid verdict has to have the first use of the credential recorded before it is told. */
  get needsFirstUse(): boolean {
    return this.#credential?.isUsed === false && !this.#isFirstUseSettled
  }

  /**
   * Whether verdicts may rest on it if they are given in this very step: on a read of its own always,
   * on what was known before only while the lease holds and no change has overtaken it.
   */
  stands(): boolean {
    if (this.#isOwn || this.#denial === 'malformed') return true
    if (this.#credential !== undefined) return this.#deps.cache.mayAnswer(this.#credential)
    // The ring of tag keys is something known from before too.
    return this.#denial !== undefined && !this.#deps.cache.isLeaseExpired()
  }

  /** Gives it something to rest on: a read that was under way, once, and otherwise one of its own. */
  async settle(): Promise<void> {
    const underWay = this.#deps.cache.isLeaseExpired() ? undefined : this.#underWay
    this.#underWay = undefined
    if (underWay !== undefined) {
      this.#credential = await underWay
      return
    }
    this.#credential = undefined
    if (this.#denial === undefined) this.#token ??= this.#readToken()
    else await this.#readTokenByNewRing()
    this.#isOwn = true
    if (this.#token !== undefined) await this.#read(this.#token)
  }

  /** The first use is recorded: nobody need do it again. */
  keepAsUsed(): void {
    if (this.#credential === undefined) return
    this.#credential = { ...this.#credential, isUsed: true }
    this.#deps.cache.put(this.#digest, this.#credential)
  }

  /** It needs another read. `isFirstUseSettled`: since the last one the first use was recorded, or the credential ended. */
  readAgain(isFirstUseSettled: boolean): void {
    this.#credential = undefined
    this.#isOwn = false
    this.#isFirstUseSettled = isFirstUseSettled
  }

  #readToken(): Token | undefined {
    const read = parsePresentedToken(this.#text, this.#deps.keyring.keys)
    this.#denial = read.kind === 'denied' ? read.reason : undefined
    return read.kind === 'denied' ? undefined : read.token
  }

  async #readTokenByNewRing(): Promise<void> {
    await this.#deps.keyring.reload()
    const token = this.#readToken()
    if (token === undefined) return
    if (findTagKey(token, this.#deps.keyring.keys) === undefined) this.#denial = 'not_found'
    else this.#token = token
  }

  async #read(token: Token): Promise<void> {
    const work = () => loadCredential(this.#deps, { token, digest: this.#digest })
    this.#credential = await this.#deps.reads.start(this.#digest, work)
  }
}
