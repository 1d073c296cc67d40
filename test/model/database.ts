import type { Change, ChangeRow } from '../../src/domain/protocol/change.ts'
import type { History } from '../../src/domain/protocol/history.ts'
import type { Position } from '../../src/domain/protocol/position.ts'
import type { Reading } from '../../src/domain/protocol/reading.ts'
import type { RevisionRef } from '../../src/domain/protocol/revision-ref.ts'
import { type EdgeCounts, noEdges } from '../../src/freshness/edge-counts.ts'
import { type Act, edited, stateAfter } from './acts.ts'
import { type KeyRow, type KeyState, keys, narrowed, newKey, withState } from './keys.ts'
import { type SimulatedToken, tagKeys, tokens, tokensOfKey } from './tokens.ts'
import { type CredentialName, UsedCredentials } from './used-credentials.ts'
import { judgeAt, textOf, type VerdictText } from './verdicts.ts'

export interface StoredInstance {
  readonly id: string
  readonly applied: number
  readonly heartbeat: number
  readonly maxStalenessMs: number
  /** Only counted, so that the model has none. */
  readonly edges: EdgeCounts
  /** When its lease ends on its own wall clock. Only a mutant writes or reads it. */
  readonly leaseEndsAt: number
}

/** The credentials of all keys: each with the tag of every tag key that is in the ring. */
export interface StoredCredentials {
  /** By the index of the key; undefined: it is not imported yet. */
  readonly rows: readonly (KeyRow | undefined)[]
  readonly tagKeyCount: number
  readonly used: UsedCredentials
}

/** Told of each commit, at the moment when it becomes visible. */
export interface CommitLog {
  committed(committed: RevisionRef, tokens: readonly SimulatedToken[], database: Database): void
  /** A key has become known, which is not announced. */
  issued(tokens: readonly SimulatedToken[], database: Database): void
  /** A revision that alters no key is announced: a registration. */
  registered(): void
}

/** What a version to come writes, and this one does not know. */
const unknownKind = 'a_kind_to_come'

/**
 * The database: each method is one statement or one transaction, which reads one snapshot and
 * becomes visible at once. Undefined stands for a statement that failed.
 */
export class Database {
  readonly isStandby: boolean
  readonly #log: CommitLog
  readonly #newId: () => string
  /** A standby has none, and a database that tells no history neither. */
  #history: History | null
  #counter = 1
  #prunedUpTo = 0
  #changes: ChangeRow[]
  #instances = new Map<string, StoredInstance>()
  #keys: KeyRow[] = keys.map(newKey)
  /** The keys that are not imported yet, by their index. */
  #unknown: ReadonlySet<number> = new Set()
  /** How many of the tag keys are in the ring. */
  #tagKeys = 1
  #used = new UsedCredentials()
  #isDeposed = false

  constructor(log: CommitLog, newId: () => string, tellsHistory = true, isStandby = false) {
    this.#log = log
    this.#newId = newId
    this.isStandby = isStandby
    const hasHistory = tellsHistory && !isStandby
    this.#history = !hasHistory ? null : { identity: identityOf(1, newId()), serverStart: newId() }
    this.#changes = [{ revision: 1, id: newId(), kind: 'origin', subject: null }]
  }

  loadCredentials(): StoredCredentials {
    const rows = this.#keys.map((row, key) => (this.#unknown.has(key) ? undefined : row))
    return { rows, tagKeyCount: this.#tagKeys, used: this.#used }
  }

  /** No key that acts change is known here yet. */
  forgetKeys(): void {
    this.#unknown = new Set(keys.slice(0, narrowed).keys())
  }

  /** From now on first uses count, and there was none. */
  countFirstUses(): void {
    this.#used = new UsedCredentials([])
  }

  /** Whether this was the first use of the credential, which is the current one of its key. */
  recordFirstUse(credential: CredentialName): boolean {
    const row = this.#keys.find(({ facts }) => facts.id === credential.id)
    if (this.#used.has(credential) || row?.facts.generation !== credential.generation) return false
    this.#used = this.#used.with(credential)
    return true
  }

  isUsed(credential: CredentialName): boolean {
    return this.#used.has(credential)
  }

  get history(): History | null {
    return this.#history
  }

  /** Whether a transaction that writes is committed here, and acknowledged. */
  commits(): boolean {
    return !this.isStandby && !this.#isDeposed
  }

  /**
   * Its synchronous standby becomes the primary. This one answers reads, and acknowledges nothing
   * more.
   */
  promoteStandby(): Database {
    const promoted = this.copy()
    promoted.restarted(true)
    this.#isDeposed = true
    return promoted
  }

  /** What a backup, or a standby that gets no more, holds. */
  copy(isStandby = false): Database {
    const copy = new Database(this.#log, this.#newId, false, isStandby)
    if (!isStandby) copy.#history = this.#history
    copy.#counter = this.#counter
    copy.#prunedUpTo = this.#prunedUpTo
    copy.#changes = [...this.#changes]
    copy.#instances = new Map(this.#instances)
    copy.#keys = [...this.#keys]
    copy.#unknown = this.#unknown
    copy.#tagKeys = this.#tagKeys
    copy.#used = this.#used
    return copy
  }

  /** The server is started anew; with another timeline after a promotion or most restores. */
  restarted(hasOtherTimeline = false): void {
    if (this.#history === null) return
    const before = this.#history.identity
    const raised = Number.parseInt(before, 16) + 1
    this.#history = {
      identity: hasOtherTimeline ? identityOf(raised, this.#newId()) : before,
      serverStart: this.#newId(),
    }
  }

  /** A registration and its revision, in one transaction: its position. */
  register(id: string, maxStalenessMs: number, takesRevision = true): Position | undefined {
    if (!this.commits() || this.#instances.has(id)) return undefined
    if (takesRevision) {
      this.#changes.push({ ...this.#nextRevision(), kind: 'instance', subject: null })
      this.#log.registered()
    }
    const applied = this.#counter
    const row = { id, applied, heartbeat: 0, maxStalenessMs, leaseEndsAt: 0 }
    this.#instances.set(id, { ...row, edges: noEdges(applied) })
    return { revision: applied, id: this.#idOf(applied), history: this.#history }
  }

  loadFeed(applied: number): Reading {
    return {
      counter: this.#counter,
      counterId: this.#idOf(this.#counter),
      prunedUpTo: this.#prunedUpTo,
      appliedId: this.#idOf(applied),
      changes: this.#changes.filter(({ revision }) => revision > applied),
      inRecovery: this.isStandby,
      history: this.#history,
    }
  }

  /** False when the row is not there. */
  acknowledge(id: string, applied: number, leaseEndsAt = 0): boolean | undefined {
    if (!this.commits()) return undefined
    const row = this.#instances.get(id)
    if (row === undefined) return false
    const heartbeat = row.heartbeat + 1
    // An acknowledgement never falls: one that was sent before may arrive later.
    const greatest = Math.max(row.applied, applied)
    this.#instances.set(id, { ...row, applied: greatest, heartbeat, leaseEndsAt })
    return true
  }

  loadInstances(): readonly StoredInstance[] | undefined {
    return this.isStandby ? undefined : [...this.#instances.values()]
  }

  /**
   * Deletes the row of an instance: if it shows this heartbeat, or whatever it shows when none is
   * given.
   */
  deleteInstance(id: string, heartbeat?: number): boolean | undefined {
    if (!this.commits()) return undefined
    const row = this.#instances.get(id)
    if (row === undefined || (heartbeat !== undefined && row.heartbeat !== heartbeat)) return false
    return this.#instances.delete(id)
  }

  /** A change and its revision, in one transaction. `wall` is what the clock of its author says. */
  act(act: Act, wall: number, isOfAVersionToCome: boolean): RevisionRef | undefined {
    if (!this.commits()) return undefined
    switch (act.kind) {
      case 'add_tag_key': {
        this.#tagKeys = Math.min(tagKeys.length, this.#tagKeys + 1)
        const added = tokens.filter(({ tagKey }) => tagKey === this.#tagKeys - 1)
        return this.#commit({ kind: 'tag_key' }, added, isOfAVersionToCome)
      }
      case 'import':
        return this.#import(act, isOfAVersionToCome)
      case 'everything':
        return this.#alter({ kind: 'everything' }, () => true, edited, isOfAVersionToCome)
      case 'edit_account': {
        const { account } = act
        const isTouched = ({ facts }: KeyRow) => facts.accountId === account
        return this.#alter({ kind: 'account', id: account }, isTouched, edited, isOfAVersionToCome)
      }
      default: {
        const row = this.#keys[act.key]
        if (row === undefined) return undefined
        const next = stateAfter(act.kind, row.state, wall)
        // Done before: nothing is written, and the receipt is that of the change that did it.
        if (next === row.state) return row.changed
        const { id } = row.facts
        const isTouched = ({ facts }: KeyRow) => facts.id === id
        return this.#alter({ kind: 'key', id }, isTouched, () => next, isOfAVersionToCome)
      }
    }
  }

  /** What is true of a token. A restored database may lack its tag key. */
  verdictOn({ key, tagKey }: SimulatedToken): VerdictText {
    const row = this.#keys[key]
    const isUnknown = tagKey >= this.#tagKeys || this.#unknown.has(key)
    if (row === undefined || isUnknown) return 'not_found'
    return textOf(judgeAt(row.facts, 0), row.facts)
  }

  /** How many tag keys are in the ring: the first so many. */
  get tagKeyCount(): number {
    return this.#tagKeys
  }

  /** Whether a revision with this id is here; a pruned one counts as here. */
  findRevision({ revision, id }: RevisionRef): boolean | undefined {
    if (this.isStandby) return undefined
    if (revision > this.#counter) return false
    return revision <= this.#prunedUpTo || this.#idOf(revision) === id
  }

  /** Forgets changes, but for the latest `kept`. */
  prune(kept: number): void {
    this.#prunedUpTo = Math.max(this.#prunedUpTo, this.#counter - Math.max(1, kept))
    this.#changes = this.#changes.filter(({ revision }) => revision > this.#prunedUpTo)
  }

  #alter(
    change: Change,
    isTouched: (row: KeyRow) => boolean,
    alter: (state: KeyState) => KeyState,
    isOfAVersionToCome: boolean,
  ): RevisionRef {
    const committed = this.#nextRevision()
    const touched = new Set<number>()
    this.#keys = this.#keys.map((row, key) => {
      if (!isTouched(row)) return row
      touched.add(key)
      return withState(row, alter(row.state), committed)
    })
    const those = tokens.filter(({ key }) => touched.has(key))
    return this.#commit(change, those, isOfAVersionToCome, committed)
  }

  /** What is not announced has no receipt of its own. */
  #import(
    { key, isAnnounced }: Extract<Act, { kind: 'import' }>,
    isOfAVersionToCome: boolean,
  ): RevisionRef | undefined {
    const row = this.#keys[key]
    if (row === undefined) return undefined
    this.#unknown = new Set([...this.#unknown].filter((one) => one !== key))
    const those = tokensOfKey(key)
    if (isAnnounced)
      return this.#commit({ kind: 'key', id: row.facts.id }, those, isOfAVersionToCome)
    this.#log.issued(those, this)
    return { revision: this.#counter, id: this.#idOf(this.#counter) ?? '' }
  }

  #nextRevision(): RevisionRef {
    this.#counter += 1
    return { revision: this.#counter, id: this.#newId() }
  }

  #commit(
    change: Change,
    touched: readonly SimulatedToken[],
    isOfAVersionToCome: boolean,
    committed = this.#nextRevision(),
  ): RevisionRef {
    const kind = isOfAVersionToCome ? unknownKind : change.kind
    this.#changes.push({ ...committed, kind, subject: 'id' in change ? change.id : null })
    this.#log.committed(committed, touched, this)
    return committed
  }

  #idOf(wanted: number): string | null {
    return this.#changes.find(({ revision }) => revision === wanted)?.id ?? null
  }
}

/**
 * The number that a promotion raises, as PostgreSQL writes it, and an id, since two may have one
 * number.
 */
function identityOf(number: number, id: string): string {
  return `${number.toString(16).padStart(8, '0')} ${id}`
}
