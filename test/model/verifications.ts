import { noUsage } from '../../src/domain/key/usage-counts.ts'
import type { Verdict } from '../../src/domain/verdict.ts'
import type { CachedCredential } from '../../src/verification/cached-credential.ts'
import type {
  LoadedCredential,
  Resolution,
  ResolutionMemory,
} from '../../src/verification/resolve.ts'
import { BatchLoads } from './batch-loads.ts'
import type { StoredCredentials } from './database.ts'
import type { Received } from './history.ts'
import type { SimulatedKeyring } from './keyring.ts'
import type { KeyRow } from './keys.ts'
import { Loads } from './loads.ts'
import type { Node } from './node.ts'
import type { Statement } from './reads.ts'
import type { SimulatedToken } from './tokens.ts'
import { forAttempt, textOf, type VerdictText } from './verdicts.ts'

export interface VerificationsOptions {
  readonly node: Node
  readonly keyring: SimulatedKeyring
  /** The rules that ship, or mutants of them. */
  readonly resolve: (memory: ResolutionMemory, token: SimulatedToken) => Resolution
  readonly judge: (facts: CachedCredential['facts'], wall: number) => Verdict
  readonly loadCredentials: Statement<StoredCredentials>
}

/**
 * One token of a request, what its verdict rests on, and what the checker noted when the request
 * came.
 */
interface Case {
  readonly received: Received
  readonly resolution: Resolution
  /** An edge that asks; it is told of an outage, too. */
  readonly done?: (verdict?: VerdictText) => void
}

/** How long the matching of a secret may take after a load, in milliseconds: it waits its turn. */
const longestWorkMs = 3_000

/**
 * Executes resolutions on the simulated clock, as verify and verifyBatch do: a verdict is given in
 * the step in which all resolutions of a request stand.
 */
export class Verifications {
  readonly #options: VerificationsOptions
  readonly #loads = new Loads()
  readonly #credentials: BatchLoads<{ readonly found: StoredCredentials; readonly epoch: number }>
  readonly #memory: ResolutionMemory

  constructor(options: VerificationsOptions) {
    const { node, keyring, loadCredentials } = options
    this.#options = options
    this.#memory = { cache: node.cache, keyring, loads: this.#loads }
    this.#credentials = new BatchLoads((done) => {
      // From before the statement is sent.
      const { epoch } = node.cache
      node.reads.read(loadCredentials, (found) => done(found && { found, epoch }))
    })
  }

  /** A request to verify some tokens: one, or a batch. */
  verify(tokens: readonly SimulatedToken[]): void {
    const { process, environment, timing } = this.#options.node
    const { history, random, scheduler } = environment
    const received = tokens.map((token) =>
      history.received(token, scheduler.now, timing.maxStalenessMs),
    )
    const begin = () => this.#begin(received)
    // A request may wait, for its body say, between its receipt and its decision.
    if (random.chance(0.1)) process.after(random.between(0, 50), begin)
    else begin()
  }

  /** The question of an edge: its verdict, in the step in which it is given. */
  answer(token: SimulatedToken, done: (verdict?: VerdictText) => void): void {
    const { node, resolve } = this.#options
    const { history, scheduler } = node.environment
    const received = history.received(token, scheduler.now, node.timing.maxStalenessMs)
    this.#answerOrWait([{ received, resolution: resolve(this.#memory, token), done }], 'memory')
  }

  #begin(all: readonly Received[]): void {
    const { node, resolve } = this.#options
    if (node.cache.isLeaseExpired()) node.environment.counts.metExpiredLease += 1
    this.#answerOrWait(
      all.map((received) => ({ received, resolution: resolve(this.#memory, received.token) })),
      'memory',
    )
  }

  /** After each wait everything is looked at again. */
  #answerOrWait(cases: readonly Case[], from: 'memory' | 'a joined load' | 'its own load'): void {
    const waiting = cases.filter(({ resolution }) => !resolution.stands())
    if (waiting.length === 0) {
      const [unrecorded] = cases.filter((one) => this.#needsFirstUse(one))
      if (unrecorded === undefined) for (const one of cases) this.#answer(one, from)
      else this.#recordFirstUse(unrecorded, cases)
      return
    }
    const needs = waiting.map(({ resolution }) => resolution.need().kind)
    const next = needs.every((need) => need === 'join') ? 'a joined load' : 'its own load'
    let missing = waiting.length
    let isOutage = false
    for (const { resolution, received } of waiting) {
      this.#satisfy(resolution, received.token, (isSatisfied) => {
        missing -= 1
        isOutage ||= !isSatisfied
        if (missing > 0) return
        if (isOutage) this.#fail(cases)
        else this.#answerOrWait(cases, next)
      })
    }
  }

  #fail(cases: readonly Case[]): void {
    this.#options.node.environment.counts.unavailable += 1
    for (const { done } of cases) done?.()
  }

  /** Only a valid verdict is a use. */
  #needsFirstUse({ resolution, received }: Case): boolean {
    const { credential, needsFirstUse } = resolution
    if (credential === undefined || !needsFirstUse || received.token.asksTooMuch) return false
    const { node, judge } = this.#options
    return judge(credential.facts, node.process.machine.wall()).valid
  }

  #recordFirstUse({ resolution }: Case, cases: readonly Case[]): void {
    const { pool, timing } = this.#options.node
    const { credential } = resolution
    if (credential === undefined) return
    pool.ask({
      deadlineMs: timing.maxStalenessMs / 2,
      statement: (db) => db.recordFirstUse(credential.facts),
      done: (isRecorded) => {
        if (isRecorded === undefined) return this.#fail(cases)
        resolution.firstUseSettled(isRecorded)
        this.#answerOrWait(cases, 'its own load')
      },
    })
  }

  #satisfy(
    resolution: Resolution,
    token: SimulatedToken,
    done: (isSatisfied: boolean) => void,
  ): void {
    const need = resolution.need()
    switch (need.kind) {
      case 'join':
        this.#loads.join(need.digest, (loaded) => {
          if (loaded !== undefined) resolution.joined(loaded)
          done(loaded !== undefined)
        })
        break
      case 'load': {
        const land = this.#loads.start(need.digest)
        this.#load(token, (loaded) => {
          if (loaded !== undefined) resolution.loaded(loaded)
          land(loaded)
          done(loaded !== undefined)
        })
        break
      }
      case 'reload_keyring':
        this.#options.keyring.reload((isLoaded) => {
          if (isLoaded) resolution.keyringReloaded()
          done(isLoaded)
        })
    }
  }

  #load(token: SimulatedToken, done: (loaded: LoadedCredential | undefined) => void): void {
    const { cache, process, environment } = this.#options.node
    this.#credentials.load((loaded) => {
      if (loaded === undefined) {
        done(undefined)
        return
      }
      const { found, epoch } = loaded
      const row = found.rows[token.key]
      const workMs = () => longestWorkMs * environment.random.next() ** 3
      if (row === undefined) {
        // The secret of another is matched first.
        process.after(workMs(), () => done({ kind: 'unmatched', cause: 'wrong_secret' }))
        return
      }
      if (token.tagKey >= found.tagKeyCount) {
        done({ kind: 'unmatched', cause: 'unknown_key' })
        return
      }
      const credential = credentialOf(row, epoch, found.used.has(row.facts))
      const keep = () => {
        const { staleLoads } = cache
        cache.put(token.digest, credential)
        environment.counts.loadsNotKept += cache.staleLoads - staleLoads
        done({ kind: 'matched', credential })
      }
      const afterMs = workMs()
      if (environment.random.chance(0.2)) process.after(afterMs, keep)
      else keep()
    })
  }

  #answer({ received, resolution, done }: Case, from: string): void {
    const { node, judge } = this.#options
    const { history, scheduler, trace, counts } = node.environment
    const { credential, cause } = resolution
    const facts = credential?.facts
    const verdict =
      facts === undefined
        ? cause === 'malformed'
          ? 'malformed'
          : 'not_found'
        : forAttempt(received.token, textOf(judge(facts, node.process.machine.wall()), facts))
    if (from === 'memory') counts.answersFromMemory += 1
    else if (from === 'a joined load') counts.answersFromJoinedLoads += 1
    else counts.answersFromOwnLoads += 1
    trace?.(
      `${node.name} answers for token ${received.token.text.slice(-11)} from ${from}: ${verdict}`,
    )
    if (received.token.asksTooMuch !== true) history.answered(received, verdict, scheduler.now)
    done?.(verdict)
  }
}

function credentialOf({ facts }: KeyRow, epoch: number, isUsed: boolean): CachedCredential {
  const uses = noUsage(facts, facts.issuedAt)
  return { facts, hash: '', isUsed, retiresOlder: false, uses, epoch }
}
