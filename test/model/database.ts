import type { Change, ChangeRow } from '../../src/domain/protocol/change.ts'
import type { History } from '../../src/domain/protocol/history.ts'
import type { Reading } from '../../src/domain/protocol/reading.ts'
import { type KeyRow, type KeyState, keys, newKey, withState } from './keys.ts'
import type { RevisionRef } from './receipt-desk.ts'

export interface StoredInstance {
  readonly id: string
  readonly applied: number
  readonly beat: number
  /** When its lease ends on its own wall clock. Only a mutant writes or reads it. */
  readonly leaseEndsAt: number
}

/** What somebody does to what keys may do. */
export type Act =
  | { readonly kind: 'revoke' | 'disable' | 'enable' | 'edit'; readonly key: number }
  | { readonly kind: 'edit_account'; readonly account: string }
  | { readonly kind: 'everything' }

export interface Position {
  readonly revision: number
  readonly id: string | null
  readonly history: History | null
}

/** Told of each commit, at the moment when it becomes visible. */
export interface CommitLog {
  committed(committed: RevisionRef, keys: readonly number[], database: Database): void
}

/** What a version to come writes, and this one does not know. */
const unknownKind = 'a_kind_to_come'

/**
 * The database: each method is one statement or one transaction, which reads one snapshot and becomes
 * visible at once. Undefined stands for a statement that failed.
 */
export class Database {
  readonly isStandby: boolean
  readonly #log: CommitLog
  readonly #newId: () => string
  /** A standby tells none. */
  #history: History | null
  #counter = 1
  #floor = 0
  #changes: ChangeRow[]
  #instances = new Map<string, StoredInstance>()
  #keys: KeyRow[] = keys.map(newKey)
  #isDeposed = false

  constructor(log: CommitLog, newId: () => string, isStandby = false) {
    this.#log = log
    this.#newId = newId
    this.isStandby = isStandby
    this.#history = isStandby ? null : { timeline: newId(), serverStart: newId() }
    this.#changes = [{ revision: 1, id: newId(), kind: 'origin', subject: null }]
  }

  get keys(): readonly KeyRow[] {
    return this.#keys
  }

  get history(): History | null {
    return this.#history
  }

  /** Whether a transaction that writes is committed here, and acknowledged. */
  commits(): boolean {
    return !this.isStandby && !this.#isDeposed
  }

  /** Its synchronous standby becomes the primary. This one answers reads, and acknowledges nothing more. */
  promoteStandby(): Database {
    const promoted = this.copy()
    promoted.restarted(true)
    this.#isDeposed = true
    return promoted
  }

  /** What a backup, or a standby that gets no more, holds. */
  copy(isStandby = false): Database {
    const copy = new Database(this.#log, this.#newId, isStandby)
    if (!isStandby) copy.#history = this.#history
    copy.#counter = this.#counter
    copy.#floor = this.#floor
    copy.#changes = [...this.#changes]
    copy.#instances = new Map(this.#instances)
    copy.#keys = [...this.#keys]
    return copy
  }

  /** The server is started anew; with another timeline after a promotion or most restores. */
  restarted(hasOtherTimeline = false): void {
    if (this.#history === null) return
    const timeline = hasOtherTimeline ? this.#newId() : this.#history.timeline
    this.#history = { timeline, serverStart: this.#newId() }
  }

  /** The place that a registration takes from the counter. */
  place(): Position | undefined {
    if (!this.commits()) return undefined
    return { revision: this.#counter, id: this.#idOf(this.#counter), history: this.#history }
  }

  /** The registration becomes visible. */
  register(id: string, place: Position): Position | undefined {
    if (!this.commits() || this.#instances.has(id)) return undefined
    this.#instances.set(id, { id, applied: place.revision, beat: 0, leaseEndsAt: 0 })
    return place
  }

  loadFeed(applied: number): Reading {
    return {
      counter: this.#counter,
      counterId: this.#idOf(this.#counter),
      floor: this.#floor,
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
    this.#instances.set(id, { id, applied, beat: row.beat + 1, leaseEndsAt })
    return true
  }

  readInstances(): readonly StoredInstance[] | undefined {
    return this.isStandby ? undefined : [...this.#instances.values()]
  }

  /** Deletes the row of an instance, if it shows this beat; whatever it shows without one. */
  deleteInstance(id: string, beat?: number): boolean | undefined {
    if (!this.commits()) return undefined
    const row = this.#instances.get(id)
    if (row === undefined || (beat !== undefined && row.beat !== beat)) return false
    return this.#instances.delete(id)
  }

  /** A change and its revision, in one transaction. `wall` is what the clock of its author says. */
  act(act: Act, wall: number, isOfAVersionToCome: boolean): RevisionRef | undefined {
    if (!this.commits()) return undefined
    switch (act.kind) {
      case 'everything':
        return this.#commit(
          { kind: 'everything' },
          keys.map((_, key) => key),
          isOfAVersionToCome,
          edited,
        )
      case 'edit_account': {
        const touched = keys.flatMap((key, index) => (key.accountId === act.account ? [index] : []))
        return this.#commit(
          { kind: 'account', id: act.account },
          touched,
          isOfAVersionToCome,
          edited,
        )
      }
      default: {
        const row = this.#keys[act.key]
        if (row === undefined) return undefined
        const next = stateAfter(act.kind, row.state, wall)
        // Done before: nothing is written, and the receipt is that of the change that did it.
        if (next === row.state) return row.changed
        return this.#commit(
          { kind: 'key', id: row.facts.id },
          [act.key],
          isOfAVersionToCome,
          () => next,
        )
      }
    }
  }

  /** As of a backup from before some of the instances registered: none of them can be behind it. */
  forgetInstances(isForgotten: () => boolean): void {
    for (const { id, applied } of this.#instances.values()) {
      if (applied === this.#counter && isForgotten()) this.#instances.delete(id)
    }
  }

  /** Whether a revision that somebody asks for by its id is here, as far as that can still be told. */
  findRevision({ revision, id }: RevisionRef): boolean | undefined {
    if (this.isStandby) return undefined
    if (revision > this.#counter) return false
    return revision <= this.#floor || this.#idOf(revision) === id
  }

  /** Forgets changes, but for the latest `kept`. */
  prune(kept: number): void {
    this.#floor = Math.max(this.#floor, this.#counter - Math.max(1, kept))
    this.#changes = this.#changes.filter(({ revision }) => revision > this.#floor)
  }

  #commit(
    change: Change,
    touched: readonly number[],
    isOfAVersionToCome: boolean,
    alter: (state: KeyState) => KeyState,
  ): RevisionRef {
    this.#counter += 1
    const committed = { revision: this.#counter, id: this.#newId() }
    const kind = isOfAVersionToCome ? unknownKind : change.kind
    this.#changes.push({ ...committed, kind, subject: 'id' in change ? change.id : null })
    for (const key of touched) {
      const row = this.#keys[key]
      if (row !== undefined) this.#keys[key] = withState(row, alter(row.state), committed)
    }
    this.#log.committed(committed, touched, this)
    return committed
  }

  #idOf(wanted: number): string | null {
    return this.#changes.find(({ revision }) => revision === wanted)?.id ?? null
  }
}

function edited(state: KeyState): KeyState {
  return { ...state, version: state.version + 1 }
}

function stateAfter(
  kind: 'revoke' | 'disable' | 'enable' | 'edit',
  state: KeyState,
  wall: number,
): KeyState {
  switch (kind) {
    case 'revoke':
      return state.revokedAt === null ? { ...state, revokedAt: new Date(wall) } : state
    case 'disable':
      return state.disabledAt === null ? { ...state, disabledAt: new Date(wall) } : state
    case 'enable':
      return state.disabledAt === null ? state : { ...state, disabledAt: null }
    case 'edit':
      return edited(state)
  }
}
