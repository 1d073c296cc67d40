import { timingSafeEqual } from 'node:crypto'
import { noUsage } from '../../domain/key/usage-counts.ts'
import type { Address } from '../../domain/network/address.ts'
import { type ConsoleSecret, parseConsoleSecret } from '../../domain/session/console-secret.ts'
import type { SessionEnd } from '../../domain/session/session.ts'
import { tokenDigest } from '../../domain/token/digest.ts'
import { type DenialReason, judge, type KeyFacts } from '../../domain/verdict.ts'
import { recordVerdict } from '../record-verdict.ts'
import type { CachedSession } from './cached-session.ts'
import type { SessionDeps } from './deps.ts'
import { endNow, isOurs } from './session-checks.ts'

/** Whether a presented session token authenticates a request. */
export type SessionVerdict =
  | { readonly valid: true; readonly session: CachedSession['session']; readonly key: KeyFacts }
  /** Not a session token of this deployment, or one of a session that is long gone. */
  | { readonly valid: false; readonly reason: 'unknown' | SessionEnd }
  /** The session goes on, but its key is denied. */
  | { readonly valid: false; readonly reason: 'key_denied'; readonly denial: DenialReason }

const UNKNOWN: SessionVerdict = { valid: false, reason: 'unknown' }

/**
 * The verdict on a presented session token: at once when memory knows the session, and otherwise by
 * one statement. A forgery costs an HMAC and no statement. The session is judged with its key, so
 * that whatever ends or narrows the key does the same to its sessions.
 */
export function authenticateSession(
  deps: SessionDeps,
  text: string,
  address: Address | undefined,
): SessionVerdict | Promise<SessionVerdict> {
  const digest = tokenDigest(text)
  const secret = parseConsoleSecret('session', text)
  if (digest === undefined || secret === undefined) return UNKNOWN
  const known = deps.sessions.cache.find(digest)
  if (known === undefined || !deps.sessions.cache.mayAnswer(known)) {
    return load(deps, secret, digest, address)
  }
  // Another instance may have seen and written a later use.
  if (endNow(deps, known.session) === 'idle') return load(deps, secret, digest, address)
  return verdictOn(deps, known, address)
}

async function load(
  deps: SessionDeps,
  secret: ConsoleSecret,
  digest: string,
  address: Address | undefined,
): Promise<SessionVerdict> {
  if (!(await isOurs(deps, secret))) return UNKNOWN
  const loaded = await deps.sessions.loader.load(secret.id)
  if (loaded === undefined || !timingSafeEqual(loaded.hash, Buffer.from(digest, 'base64url'))) {
    return UNKNOWN
  }
  const { session, facts, credential, epoch } = loaded
  const uses = deps.sessions.cache.find(digest)?.uses ?? noUsage(facts, credential.keyCreatedAt)
  const entry: CachedSession = { session, facts, uses, epoch }
  deps.sessions.cache.put(digest, entry)
  return verdictOn(deps, entry, address)
}

function verdictOn(
  deps: SessionDeps,
  entry: CachedSession,
  address: Address | undefined,
): SessionVerdict {
  const { session, facts } = entry
  const end = endNow(deps, session)
  if (end !== undefined) return { valid: false, reason: end }
  const now = deps.now()
  const attempt = { address, permissions: [], accountId: undefined }
  const verdict = recordVerdict(deps, entry, judge(facts, attempt, now), attempt, now)
  if (!verdict.valid) return { valid: false, reason: 'key_denied', denial: verdict.reason }
  deps.sessions.uses.record(session.id, now)
  return { valid: true, session, key: facts }
}
