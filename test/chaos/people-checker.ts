import { groupedBy } from './grouped-calls.ts'
import type { Call } from './history.ts'
import { type Admissibility, type Asked, Register } from './register.ts'
import { ruleOf, type Violation } from './violation.ts'
import { completionsOf, firstOf, writesOf } from './writes.ts'

/** What is known of the session of a person since the sign-in. */
interface PersonSession {
  readonly begun: Asked
  readonly ended: Register<boolean>
  readonly removed: Register<boolean>
  readonly lowered: Register<boolean>
  /** The calls that change what the session may do. */
  readonly changes: readonly Call[]
}

/**
 * Finds what is wrong with the answers to sessions of persons: each must rest on whether the
 * session was ended, its person removed and the role lowered, no staler than `maxStalenessMs` and
 * from after every complete receipt.
 */
export function checkPeople(history: readonly Call[], maxStalenessMs: number): Violation[] {
  const sessions = sessionsOf(history)
  return history.flatMap((call) => {
    const { act, outcome } = call
    if (act.kind !== 'use_person' || outcome.kind !== 'done') return []
    const session = sessions.get(act.session)
    if (session === undefined || session.begun.end > call.start) return []
    const { verdict } = outcome
    const said = verdict?.valid === true ? 'goes on' : (verdict?.reason ?? 'nothing')
    const rule = ruleBrokenBy(said, session, call, maxStalenessMs)
    if (rule === undefined) return []
    return [{ rule, what: `${act.session}: ${said}`, calls: [...session.changes, call] }]
  })
}

function ruleBrokenBy(
  said: string,
  { ended, removed, lowered }: PersonSession,
  asked: Asked,
  maxStalenessMs: number,
): Violation['rule'] | undefined {
  const say = (register: Register<boolean>, value: boolean): Admissibility =>
    register.admissibility((is) => is === value, asked, maxStalenessMs)
  const goesOn = [say(ended, false), say(removed, false)]
  switch (said) {
    case 'goes on':
      return firstBroken([...goesOn, say(lowered, false)])
    case 'permission_denied':
      return firstBroken([...goesOn, say(lowered, true)])
    case 'unauthenticated':
      return [say(ended, true), say(removed, true)].includes('possible')
        ? undefined
        : 'an answer that was never true'
    default:
      return 'an answer that nobody may get'
  }
}

function firstBroken(claims: readonly Admissibility[]): Violation['rule'] | undefined {
  const broken = claims.find((one) => one !== 'possible')
  return broken && ruleOf(broken)
}

function sessionsOf(history: readonly Call[]): ReadonlyMap<string, PersonSession> {
  const completeAt = completionsOf(history)
  const changes = groupedBy(history, ({ act }) => {
    if (act.kind === 'end_session') return act.session
    return act.kind === 'lower_person' || act.kind === 'remove_person' ? act.person : undefined
  })
  const sessions = new Map<string, PersonSession>()
  for (const { act, outcome, start, end } of history) {
    if (act.kind !== 'enter' || outcome.kind !== 'done') continue
    const ofSession = [act.session, act.person].flatMap((name) => changes.get(name) ?? [])
    const first = { value: false, from: start, by: end, complete: end }
    const registerOf = (kind: 'end_session' | 'lower_person' | 'remove_person') => {
      const calls = ofSession.filter((call) => call.act.kind === kind)
      return new Register([first, ...firstOf(writesOf(calls, completeAt, () => true))])
    }
    sessions.set(act.session, {
      begun: { start, end },
      ended: registerOf('end_session'),
      removed: registerOf('remove_person'),
      lowered: registerOf('lower_person'),
      changes: ofSession,
    })
  }
  return sessions
}
