import { noUsage } from '../../src/domain/key/usage-counts.ts'
import type { CachedCredential } from '../../src/verification/credential-cache.ts'
import type { Database } from './database.ts'
import type { Received } from './history.ts'
import { type KeyRow, keys, verdictOf } from './keys.ts'
import type { Node } from './node.ts'

type Landed = (entry: CachedCredential | undefined) => void

/** How long the matching of a secret may take after a read, in milliseconds: it waits its turn. */
const longestWorkMs = 3_000

/**
 * How verify decides, without promises: from memory if that may answer, from a read under way if it
 * may when it lands, and otherwise by a read that is sent after the request came.
 */
export class Verifier {
  protected readonly node: Node
  readonly #flights = new Map<number, Landed[]>()
  #waiting: Map<number, Landed[]> | undefined
  #isReading = false

  constructor(node: Node) {
    this.node = node
  }

  verify(key: number): void {
    const { process, environment } = this.node
    const received = environment.history.received(key, environment.scheduler.now)
    const decide = () => this.#decide(received)
    // A request may wait, for its body say, between its receipt and its decision.
    if (environment.random.chance(0.1)) process.after(environment.random.between(0, 50), decide)
    else decide()
  }

  #decide(received: Received): void {
    const { cache, environment } = this.node
    const entry = cache.find(nameOf(received.key))
    if (entry !== undefined && cache.mayAnswer(entry)) {
      environment.counts.answersFromMemory += 1
      this.#answer(received, entry, 'memory')
      return
    }
    if (cache.isLeaseExpired()) environment.counts.metSilence += 1
    const joiners = this.#flights.get(received.key)
    if (joiners === undefined || !this.mayJoin()) {
      this.#readOwn(received)
      return
    }
    joiners.push((landed) => {
      if (landed === undefined || !this.mayAnswerJoined(landed)) {
        this.#readOwn(received)
        return
      }
      environment.counts.answersFromJoinedReads += 1
      this.#answer(received, landed, 'a read that it joined')
    })
  }

  protected mayJoin(): boolean {
    return !this.node.cache.isLeaseExpired()
  }

  protected mayAnswerJoined(landed: CachedCredential): boolean {
    return this.node.cache.mayAnswer(landed)
  }

  /** What a standby says may be old. */
  protected readKeys(db: Database): readonly KeyRow[] | undefined {
    return db.isStandby ? undefined : db.keys
  }

  protected verdictOf(entry: CachedCredential): string {
    return verdictOf(entry.facts, this.node.process.machine.wall())
  }

  #readOwn(received: Received): void {
    const { cache, process, environment } = this.node
    const joiners: Landed[] = []
    const { key } = received
    this.#flights.set(key, joiners)
    this.#read(key, (entry) => {
      if (entry === undefined) {
        environment.counts.unavailable += 1
        this.#land(key, joiners, undefined)
        return
      }
      const recordVerdict = () => {
        const { fenced } = cache
        cache.put(nameOf(key), entry)
        environment.counts.fenced += cache.fenced - fenced
        environment.counts.answersFromOwnReads += 1
        this.#answer(received, entry, 'its own read')
        this.#land(key, joiners, entry)
      }
      const workMs = longestWorkMs * environment.random.next() ** 3
      if (environment.random.chance(0.2)) process.after(workMs, recordVerdict)
      else recordVerdict()
    })
  }

  #land(key: number, joiners: Landed[], entry: CachedCredential | undefined): void {
    if (this.#flights.get(key) === joiners) this.#flights.delete(key)
    for (const landed of joiners) landed(entry)
  }

  /** One statement under way; whoever comes meanwhile shares the next. */
  #read(key: number, landed: Landed): void {
    this.#waiting ??= new Map()
    const waiting = this.#waiting.get(key)
    if (waiting === undefined) this.#waiting.set(key, [landed])
    else waiting.push(landed)
    if (!this.#isReading) this.#sendNext()
  }

  #sendNext(): void {
    const waiting = this.#waiting
    if (waiting === undefined) return
    this.#waiting = undefined
    this.#isReading = true
    // From before the statement is sent.
    const { epoch } = this.node.cache
    this.node.reads.read(
      (db) => this.readKeys(db),
      (rows) => {
        this.#isReading = false
        this.#sendNext()
        for (const [key, all] of waiting) {
          const row = rows?.[key]
          for (const landed of all) landed(row && entryOf(row, epoch))
        }
      },
    )
  }

  #answer(received: Received, entry: CachedCredential, from: string): void {
    const { name, environment } = this.node
    const verdict = this.verdictOf(entry)
    environment.trace?.(`${name} answers for key ${received.key} from ${from}: ${verdict}`)
    environment.history.answered(received, verdict, environment.scheduler.now)
  }
}

function entryOf({ facts }: KeyRow, epoch: number): CachedCredential {
  const uses = noUsage(facts, facts.issuedAt)
  return { facts, hash: '', isUsed: true, retiresOlder: false, uses, epoch }
}

function nameOf(key: number): string {
  return keys[key]?.id ?? ''
}
