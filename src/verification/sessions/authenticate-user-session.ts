import { timingSafeEqual } from 'node:crypto'
import { endOfMembership, type MembershipEnd, type UserFacts } from '../../domain/person/user.ts'
import { type ConsoleSecret, parseConsoleSecret } from '../../domain/session/console-secret.ts'
import type { SessionEnd } from '../../domain/session/session.ts'
import { tokenDigest } from '../../domain/token/digest.ts'
import type { SessionDeps } from './deps.ts'
import { endNow, isOurs } from './session-checks.ts'
import type { CachedUserSession } from './user-session-loader.ts'

/** Whether the token of a person's session authenticates a request. */
export type UserSessionVerdict =
  | {
      readonly valid: true
      readonly session: CachedUserSession['session']
      readonly user: UserFacts
    }
  /** `unknown`: no token of this deployment, or one of a session that is long gone. */
  | { readonly valid: false; readonly reason: 'unknown' | SessionEnd | MembershipEnd }

const UNKNOWN: UserSessionVerdict = { valid: false, reason: 'unknown' }

/**
 * The verdict on a token of a person's session, as authenticateSession gives it on those of keys:
 * at once when memory knows the session, and otherwise by one statement. The session is judged with
 * the membership, so that whatever ends or narrows the membership does the same to its sessions. No
 * provider is asked.
 */
export function authenticateUserSession(
  deps: SessionDeps,
  text: string,
): UserSessionVerdict | Promise<UserSessionVerdict> {
  const digest = tokenDigest(text)
  const secret = parseConsoleSecret('user_session', text)
  if (digest === undefined || secret === undefined) return UNKNOWN
  const { cache } = deps.sessions.ofUsers
  const known = cache.find(digest)
  if (known === undefined || !cache.mayAnswer(known)) return load(deps, secret, digest)
  // Another instance may have seen and written a later use.
  if (endNow(deps, known.session) === 'idle') return load(deps, secret, digest)
  return verdictOn(deps, known)
}

async function load(
  deps: SessionDeps,
  secret: ConsoleSecret,
  digest: string,
): Promise<UserSessionVerdict> {
  if (!(await isOurs(deps, secret))) return UNKNOWN
  const { cache, loader } = deps.sessions.ofUsers
  const loaded = await loader.load(secret.id)
  if (loaded === undefined || !timingSafeEqual(loaded.hash, Buffer.from(digest, 'base64url'))) {
    return UNKNOWN
  }
  const { session, facts, epoch } = loaded
  cache.put(digest, { session, facts, epoch })
  return verdictOn(deps, { session, facts, epoch })
}

function verdictOn(deps: SessionDeps, { session, facts }: CachedUserSession): UserSessionVerdict {
  const now = deps.now()
  const end = endNow(deps, session) ?? endOfMembership(facts, now)
  if (end !== undefined) return { valid: false, reason: end }
  deps.sessions.uses.record(session.id, now)
  return { valid: true, session, user: facts }
}
