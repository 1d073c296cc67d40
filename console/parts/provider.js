import { call } from '../api.js'

/** What the sign-in page says when a provider led the reader back without a session. */
/** @type {Record<string, string>} */
const failures = {
  expired: 'The sign-in took too long, or began in another browser. Begin it again.',
  refused: 'The provider did not prove who you are. Begin the sign-in again.',
  no_role:
    'The provider knows you, and you have no role here. Ask an administrator of your account to add you.',
  away: 'The provider or this service did not answer as it should. Try again later, or sign in with an API key.',
}

/** @param {string} failure as the service names it in the URL */
export function wordsOfFailure(failure) {
  return failures[failure] ?? failures.refused
}

/**
 * Begins a sign-in at a provider, and leaves the page for the provider's. Throws a Problem.
 * @param {string} provider
 * @param {{ confirm?: boolean, account?: string | undefined }} [options] `confirm`: the provider must
 *   ask for a proof of identity
 */
export async function leaveFor(provider, { confirm = false, account } = {}) {
  const body = { provider, confirm, ...(account !== undefined && { account_id: account }) }
  const { body: started } = await call('POST', '/v1/session/oidc', { body })
  location.assign(started.url)
}
