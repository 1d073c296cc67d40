import { act } from '../../acts/act.ts'
import { EMPTY_ADDRESS_SET } from '../../domain/network/address-set.ts'
import type { KeyPrincipal } from '../../domain/principal.ts'
import { hasValidTag, parseConsoleSecret } from '../../domain/session/console-secret.ts'
import { ServiceError } from '../../errors.ts'
import { findCredentialFacts } from '../../store/credentials.ts'
import { findSignInLink, lockSignInLink, useSignInLink } from '../../store/sign-in-links.ts'
import type { SessionManagementDeps } from './deps.ts'
import {
  enterSession,
  hashOfSecret,
  type StartedSession,
  sessionStarted,
  termsFromNow,
} from './start.ts'

/** A session that nobody gave a key for lasts an hour. */
const lifetimeMs = 60 * 60 * 1000

/** The request of a browser that opened a sign-in link. */
export type LinkRequest = Pick<KeyPrincipal, 'address' | 'requestId' | 'epoch'>

/**
 * Starts a session by the secret of a sign-in link, as the key of the link. The link works once,
 * within its time, and only while its key is valid from this address. A forged secret costs no
 * statement. Throws `unauthenticated`, `permission_denied`.
 */
export async function startSessionByLink(
  deps: SessionManagementDeps,
  request: LinkRequest,
  text: string,
): Promise<{ readonly started: StartedSession; readonly principal: KeyPrincipal }> {
  const secret = parseConsoleSecret('sign_in', text)
  if (secret === undefined || !hasValidTag(secret, deps.keyring.keys)) throw invalidLink()
  const hash = hashOfSecret(text)
  const link = await deps.currentReads.read(
    (db) => findSignInLink(db, secret.id, hash),
    (one) => one !== undefined,
  )
  if (link === undefined || link.usedAt !== null) throw invalidLink()
  const facts = await deps.currentReads.read((db) =>
    findCredentialFacts(db, link.apiKeyId, link.generation),
  )
  if (facts === undefined) throw invalidLink()
  // The act judges the key again, with the addresses of its lists.
  const principal: KeyPrincipal = {
    kind: 'key',
    key: { ...facts, addresses: EMPTY_ADDRESS_SET },
    actingUser: undefined,
    session: undefined,
    readAt: undefined,
    authorityRenewed: false,
    ...request,
  }
  const { result } = await act(deps, principal, { permission: null }, async (context) => {
    const locked = await lockSignInLink(context.trx, secret.id, hash)
    const now = deps.now()
    if (locked === undefined || locked.usedAt !== null || locked.expiresAt <= now) {
      throw invalidLink()
    }
    await useSignInLink(context.trx, locked.id, now)
    const terms = termsFromNow(deps, lifetimeMs)
    const started = await enterSession(deps, context, principal, terms)
    return { result: started, events: [sessionStarted(started.session, principal, 'sign_in_link')] }
  })
  return { started: result, principal }
}

function invalidLink(): ServiceError {
  return new ServiceError(
    'unauthenticated',
    'The sign-in link is not valid: it was used before, or it has expired. Sign in with an API key, or make another link with `npm run admin -- sign-in-link`.',
  )
}
