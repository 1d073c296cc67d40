import { groupedBy } from './grouped-calls.ts'
import type { Act, Call, ReceiptSeen, Seen } from './history.ts'
import { checkPeople } from './people-checker.ts'
import { type Admissibility, type Asked, Register, type Write } from './register.ts'
import { type Rule, ruleOf, type Violation } from './violation.ts'
import { completionsOf, firstOf, writesOf } from './writes.ts'

/** What is known of one key since it was issued. */
interface Key {
  readonly issued: Asked
  readonly role: string
  readonly list: string | null
  readonly revoked: Register<boolean>
  readonly disabled: Register<boolean>
  /** Whether a token of this generation was replaced. */
  readonly replaced: (generation: number) => Register<boolean>
}

/** What is known of a session since its sign-in. */
interface Session {
  readonly begun: Asked
  readonly key: string
  readonly ended: Register<boolean>
}

/** A change that was acknowledged, perhaps several times. */
interface Change {
  readonly receipt: ReceiptSeen
  /** The first call that was acknowledged. */
  readonly call: Call
  readonly start: number
  end: number
}

/** A statement about one attribute of a key. */
interface Claim {
  readonly what: string
  readonly admissibility: Admissibility
}

/**
 * Finds everything in a history that is wrong. The checker knows what callers were promised (no
 * answer older than `maxStalenessMs`, and none from before a complete receipt) and the order of a
 * verdict's checks, and nothing else of the service.
 */
export function check(history: readonly Call[], maxStalenessMs: number): Violation[] {
  return [
    ...new Checker(history, maxStalenessMs).violations(),
    ...checkPeople(history, maxStalenessMs),
  ]
}

class Checker {
  readonly #history: readonly Call[]
  /** The history, with a bulk revocation replaced by one revocation of each key. */
  readonly #single: readonly Call[]
  readonly #maxStalenessMs: number
  /** When a complete receipt of a revision was first received, by the revision's id. */
  readonly #completeAt: ReadonlyMap<string, number>
  /** When the revocation of a key was first acknowledged. */
  readonly #revokedBy = new Map<string, number>()
  readonly #keys = new Map<string, Key>()
  readonly #sessions = new Map<string, Session>()
  readonly #roles = new Map<string, Register<readonly string[]>>()
  readonly #lists = new Map<string, Register<readonly string[]>>()

  constructor(history: readonly Call[], maxStalenessMs: number) {
    this.#history = [...history].sort((a, b) => a.start - b.start)
    this.#single = this.#history.flatMap(singled)
    this.#maxStalenessMs = maxStalenessMs
    this.#completeAt = completionsOf(this.#history)
    this.#learnRevocations()
    this.#learnKeys()
    this.#learnSessions()
    this.#learnSets()
  }

  violations(): Violation[] {
    return [
      ...this.#history.flatMap((call) => this.#violationsOf(call)),
      ...this.#orderViolations(),
    ]
  }

  #learnRevocations(): void {
    for (const { act, end, outcome } of this.#single) {
      if (act.kind !== 'revoke' || outcome.kind !== 'done') continue
      this.#revokedBy.set(act.key, Math.min(end, this.#revokedBy.get(act.key) ?? end))
    }
  }

  #learnKeys(): void {
    const changes = groupedBy(this.#single, ({ act }) =>
      act.kind === 'revoke' ||
      act.kind === 'disable' ||
      act.kind === 'enable' ||
      act.kind === 'rotate'
        ? act.key
        : undefined,
    )
    for (const { act, outcome, ...issued } of this.#history) {
      if (act.kind !== 'issue' || outcome.kind !== 'done') continue
      const first = { value: false, from: issued.start, by: issued.end, complete: issued.end }
      const ofKey = changes.get(act.key) ?? []
      const revocation = this.#revocation(ofKey.filter((call) => call.act.kind === 'revoke'))
      const suspensions = ofKey.filter(
        ({ act: { kind } }) => kind === 'disable' || kind === 'enable',
      )
      this.#keys.set(act.key, {
        issued,
        role: act.role,
        list: act.list,
        revoked: new Register([first, ...revocation]),
        disabled: new Register([
          first,
          ...this.#writes(suspensions, (one) => one.kind === 'disable'),
        ]),
        replaced: (generation) =>
          new Register([first, ...this.#writes(ofKey.filter(endsToken(generation)), () => true)]),
      })
    }
  }

  #learnSessions(): void {
    const ends = groupedBy(this.#history, ({ act }) =>
      act.kind === 'end_session' ? act.session : undefined,
    )
    for (const { act, outcome, ...begun } of this.#history) {
      if (act.kind !== 'sign_in' || outcome.kind !== 'done') continue
      const first = { value: false, from: begun.start, by: begun.end, complete: begun.end }
      const ended = new Register([first, ...this.#revocation(ends.get(act.session) ?? [])])
      this.#sessions.set(act.session, { begun, key: act.key, ended })
    }
  }

  #revocation(calls: readonly Call[]): Write<boolean>[] {
    return firstOf(this.#writes(calls, () => true))
  }

  #learnSets(): void {
    const permissionsOf = (act: Act) => (act.kind === 'set_role' ? act.permissions : [])
    const entriesOf = (act: Act) => (act.kind === 'set_list' ? act.entries : [])
    const roles = groupedBy(this.#history, ({ act }) =>
      act.kind === 'set_role' ? act.role : undefined,
    )
    const lists = groupedBy(this.#history, ({ act }) =>
      act.kind === 'set_list' ? act.list : undefined,
    )
    for (const [name, calls] of roles) {
      this.#roles.set(name, new Register(this.#writes(calls, permissionsOf)))
    }
    for (const [name, calls] of lists) {
      this.#lists.set(name, new Register(this.#writes(calls, entriesOf)))
    }
  }

  /**
   * The values that calls may have written. A call by a key that was revoked by then has written
   * nothing.
   */
  #writes<Value>(calls: readonly Call[], read: (act: Act) => Value): Write<Value>[] {
    const mayWrite = calls.filter((call) => !this.#isSentAfterRevocation(call))
    return writesOf(mayWrite, this.#completeAt, read)
  }

  /** Whether it was sent with the token of a key whose revocation had been acknowledged. */
  #isSentAfterRevocation({ by, start }: Call): boolean {
    return by !== null && start > (this.#revokedBy.get(by) ?? Number.POSITIVE_INFINITY)
  }

  #violationsOf(call: Call): Violation[] {
    const { act, outcome } = call
    if (outcome.kind === 'unknown' || outcome.kind === 'unreached') return []
    if (outcome.kind === 'refused') return this.#refusalViolations(call, outcome)
    if (act.kind === 'verify') return this.#verdictViolations(call, act)
    if (act.kind === 'use_session') return this.#sessionViolations(call, act)
    if (outcome.seen !== undefined) return this.#storedViolations(call, outcome.seen)
    if (!this.#isSentAfterRevocation(call)) return []
    return [
      this.#violation('a mutation after the revocation of its author', `${call.by} did it`, call),
    ]
  }

  /** An outage is never a denial, and an author may be denied what its rights do not allow. */
  #refusalViolations(
    call: Call,
    { status, code }: { readonly status: number; readonly code: string },
  ): Violation[] {
    if (status === 503) return []
    const author = call.by === null ? undefined : this.#keys.get(call.by)
    if (status === 401 && author !== undefined) {
      const admissibilities = [author.revoked, author.disabled].map((one) =>
        one.admissibility((ended) => ended, call, this.#maxStalenessMs),
      )
      if (admissibilities.includes('possible')) return []
    }
    return [this.#violation('an answer that nobody may get', `${status} ${code}`, call)]
  }

  #verdictViolations(call: Call, act: Extract<Act, { kind: 'verify' }>): Violation[] {
    const verdict = call.outcome.kind === 'done' ? call.outcome.verdict : undefined
    const key = this.#keys.get(act.key)
    if (verdict === undefined || key === undefined || key.issued.end > call.start) return []
    const said = verdict.valid ? 'valid' : (verdict.reason ?? 'denied')
    if (said === 'not_found') {
      return [this.#violation('a lost key', `${act.key} was not found`, call)]
    }
    const claims = this.#claimsOf(said, key, act, call)
    if (claims === undefined) {
      return [this.#violation('an answer that nobody may get', `${act.key}: ${said}`, call)]
    }
    const wrong = claims.find((claim) => claim.admissibility !== 'possible')
    if (wrong === undefined) return []
    return [
      this.#violation(ruleOf(wrong.admissibility), `${act.key}: ${said}, so ${wrong.what}`, call),
    ]
  }

  /** A session goes on if neither it nor its key has ended, and is refused if one of them has. */
  #sessionViolations(call: Call, act: Extract<Act, { kind: 'use_session' }>): Violation[] {
    const verdict = call.outcome.kind === 'done' ? call.outcome.verdict : undefined
    const session = this.#sessions.get(act.session)
    const key = session && this.#keys.get(session.key)
    if (verdict === undefined || session === undefined || key === undefined) return []
    if (session.begun.end > call.start) return []
    const admissibilities = [session.ended, key.revoked, key.disabled].map((register) =>
      register.admissibility((is) => is === !verdict.valid, call, this.#maxStalenessMs),
    )
    const isPossible = verdict.valid
      ? admissibilities.every((one) => one === 'possible')
      : admissibilities.includes('possible')
    if (isPossible) return []
    const wrong = admissibilities.find((one) => one !== 'possible') ?? 'never'
    const rule = verdict.valid ? ruleOf(wrong) : 'an answer that was never true'
    const said = verdict.valid ? 'goes on' : 'has ended'
    return [this.#violation(rule, `${act.session} of ${session.key} ${said}`, call)]
  }

  /**
   * The statements of a verdict, from the first check to the one that failed. Undefined: it is no
   * verdict that can be.
   */
  #claimsOf(
    said: string,
    key: Key,
    act: Extract<Act, { kind: 'verify' }>,
    asked: Asked,
  ): readonly Claim[] | undefined {
    const { address, permissions } = act
    const ofKey = <Value>(
      what: string,
      register: Register<Value> | undefined,
      holds: (value: Value) => boolean,
    ): Claim => ({
      what,
      admissibility: register?.admissibility(holds, asked, this.#maxStalenessMs) ?? 'possible',
    })
    const list = key.list === null ? undefined : this.#lists.get(key.list)
    const reaches = (entries: readonly string[]) => address !== null && entries.includes(address)
    const role = this.#roles.get(key.role)
    const suffices = (given: readonly string[]) => permissions.every((one) => given.includes(one))
    const checks = [
      {
        reason: 'revoked',
        claim: (fails: boolean) => ofKey(`revoked: ${fails}`, key.revoked, (is) => is === fails),
      },
      {
        reason: 'disabled',
        claim: (fails: boolean) => ofKey(`disabled: ${fails}`, key.disabled, (is) => is === fails),
      },
      {
        reason: 'rotated',
        claim: (fails: boolean) =>
          ofKey(`replaced: ${fails}`, key.replaced(act.generation), (is) => is === fails),
      },
      {
        reason: 'address_not_allowed',
        claim: (fails: boolean) =>
          key.list === null
            ? {
                what: 'its reach is restricted',
                admissibility: fails ? ('never' as const) : ('possible' as const),
              }
            : ofKey(
                `its list has ${address}: ${!fails}`,
                list,
                (entries) => reaches(entries) !== fails,
              ),
      },
      {
        reason: 'insufficient_permissions',
        claim: (fails: boolean) =>
          ofKey(`its role suffices: ${!fails}`, role, (given) => suffices(given) !== fails),
      },
    ]
    const failed = said === 'valid' ? checks.length : checks.findIndex((one) => one.reason === said)
    if (failed === -1) return undefined
    return checks.slice(0, failed + 1).map(({ claim }, place) => claim(place === failed))
  }

  #storedViolations(call: Call, seen: Seen): Violation[] {
    const admissibilities = this.#admissibilitiesOf(call, seen)
    if (admissibilities.every((one) => one === 'possible')) return []
    const isLost = seen.kind === 'nothing' && call.act.kind === 'see_key'
    return [
      this.#violation(
        isLost ? 'a lost key' : 'a stored state that contradicts what was acknowledged',
        JSON.stringify(seen),
        call,
      ),
    ]
  }

  /** A read of the database is not cached, and so never stale. */
  #admissibilitiesOf(call: Call, seen: Seen): readonly Admissibility[] {
    const { act } = call
    if (act.kind === 'see_key' && seen.kind === 'key') {
      const key = this.#keys.get(act.key)
      if (key === undefined) return ['possible']
      const isRevoked = seen.status === 'revoked'
      const revoked = key.revoked.admissibility((is) => is === isRevoked, call, 0)
      if (isRevoked) return [revoked]
      const isDisabled = seen.status === 'disabled'
      return [revoked, key.disabled.admissibility((is) => is === isDisabled, call, 0)]
    }
    if (act.kind === 'see_role' && seen.kind === 'role') {
      return [standingOfSet(this.#roles.get(act.role), seen.permissions, call)]
    }
    if (act.kind === 'see_list' && seen.kind === 'list') {
      return [standingOfSet(this.#lists.get(act.list), seen.entries, call)]
    }
    return ['never']
  }

  #orderViolations(): Violation[] {
    const changes = new Map<string, Change>()
    const violations: Violation[] = []
    for (const [place, call] of this.#history.entries()) {
      const { act, outcome } = call
      if (outcome.kind !== 'done' || outcome.receipt === undefined || act.kind === 'receipt')
        continue
      // A repeated bulk revocation that found no key returns the latest change, whoever made it.
      if (act.kind === 'revoke_all' && !act.isFirst) continue
      const { receipt } = outcome
      const name = endingOf(act) ?? `call ${place}`
      const known = changes.get(name)
      if (known === undefined) {
        changes.set(name, { receipt, call, start: this.#firstAttempt(call), end: call.end })
        continue
      }
      known.end = Math.min(known.end, call.end)
      if (known.receipt.id === receipt.id && known.receipt.revision === receipt.revision) continue
      violations.push(
        this.#violation('changes out of order', `${name} happened twice`, call, [known.call]),
      )
    }
    return [...violations, ...this.#disorder([...changes.values()])]
  }

  /** An unanswered attempt may have made the change. */
  #firstAttempt({ act, start }: Call): number {
    const name = endingOf(act)
    if (name === undefined) return start
    const attempts = this.#history.filter(
      ({ act: other, outcome }) => endingOf(other) === name && outcome.kind !== 'refused',
    )
    return Math.min(start, ...attempts.map((one) => one.start))
  }

  #disorder(changes: readonly Change[]): Violation[] {
    const violations: Violation[] = []
    const byRevision = new Map<number, Call>()
    const ended = [...changes].sort((a, b) => a.end - b.end)
    let latest: Change | undefined
    for (const { receipt, call, start } of [...changes].sort((a, b) => a.start - b.start)) {
      const other = byRevision.get(receipt.revision)
      byRevision.set(receipt.revision, call)
      if (other !== undefined) {
        const what = `both are revision ${receipt.revision}`
        violations.push(
          this.#violation('two changes in one place of the order', what, call, [other]),
        )
      }
      for (let next = ended[0]; next !== undefined && next.end < start; next = ended[0]) {
        ended.shift()
        if (latest === undefined || next.receipt.revision > latest.receipt.revision) latest = next
      }
      if (latest === undefined || latest.receipt.revision < receipt.revision) continue
      if (latest.receipt.id === receipt.id) continue
      const what = `revision ${receipt.revision} began after ${latest.receipt.revision} was acknowledged`
      violations.push(this.#violation('changes out of order', what, call, [latest.call]))
    }
    return violations
  }

  #violation(rule: Rule, what: string, call: Call, beside: readonly Call[] = []): Violation {
    return { rule, what, calls: [...this.#background(call.act), ...beside, call] }
  }

  /** The calls that changed the thing that an act is about, and its receipts. */
  #background(act: Act): Call[] {
    const session = 'session' in act ? act.session : undefined
    const ofSession = session === undefined ? undefined : this.#sessions.get(session)?.key
    const name = 'key' in act ? act.key : ofSession
    const key = name === undefined ? undefined : this.#keys.get(name)
    const changing = this.#single.filter(({ act: other, outcome }) => {
      if (outcome.kind === 'refused' || outcome.kind === 'unreached') return false
      if (other.kind === 'set_role') {
        return other.role === key?.role || ('role' in act && other.role === act.role)
      }
      if (other.kind === 'set_list') {
        return other.list === key?.list || ('list' in act && other.list === act.list)
      }
      if (other.kind === 'end_session') return other.session === session
      return other.kind !== 'verify' && 'key' in other && other.key === name
    })
    const ids = new Set(
      changing.flatMap(({ outcome }) => ('receipt' in outcome ? (outcome.receipt?.id ?? []) : [])),
    )
    const receipts = this.#history.filter(
      ({ act: other }) => other.kind === 'receipt' && ids.has(other.id),
    )
    return [...changing, ...receipts].sort((a, b) => a.start - b.start)
  }
}

/** The name of an end, which happens once however often it is asked for. */
function endingOf(act: Act): string | undefined {
  if (act.kind === 'revoke') return `revoke ${act.key}`
  if (act.kind === 'lower_person' || act.kind === 'remove_person') {
    return `${act.kind} ${act.person}`
  }
  return act.kind === 'end_session' ? `end ${act.session}` : undefined
}

function singled(call: Call): readonly Call[] {
  if (call.act.kind !== 'revoke_all') return [call]
  return call.act.keys.map((key) => ({ ...call, act: { kind: 'revoke', key } }))
}

function endsToken(generation: number): (call: Call) => boolean {
  return ({ act }) => act.kind === 'rotate' && act.ends.includes(generation)
}

function standingOfSet(
  register: Register<readonly string[]> | undefined,
  seen: readonly string[],
  asked: Asked,
): Admissibility {
  const isSame = (value: readonly string[]) =>
    value.length === seen.length && value.every((one) => seen.includes(one))
  return register?.admissibility(isSame, asked, 0) ?? 'possible'
}
