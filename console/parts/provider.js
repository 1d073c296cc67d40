import { call, get } from '../api.js'

/** What the sign-in page says when a provider led the reader back without a session. */
/** @type {Record<string, string>} */
const failures = {
  expired: 'The sign-in took too long, or began in another browser. Begin it again.',
  refused: 'The provider did not prove who you are. Begin the sign-in again.',
  no_role:
    'The provider knows you, and you have no role here. Ask an administrator of your account to add you.',
  invitation_unknown: 'The invitation is not known here. Ask for another one.',
  invitation_replaced: 'The invitation was sent again since. Open the link of the newest message.',
  invitation_redeemed: 'The invitation was used before. Sign in without it.',
  invitation_withdrawn: 'The invitation was withdrawn. Ask for another one.',
  invitation_expired: 'The invitation has expired. Ask to have it sent again.',
  invitation_unverified:
    'The provider has not verified your e-mail address. Verify it there, then open the link again.',
  invitation_other_address:
    'The invitation is for another e-mail address than the one that the provider has verified. Sign in there with the address that was invited.',
  invitation_void:
    'The invitation is void: who invited you may not give the role any more. Ask another administrator.',
  away: 'The provider or this service did not answer as it should. Try again later, or sign in with an API key.',
}

/** @param {string} failure as the service names it in the URL */
export function wordsOfFailure(failure) {
  return failures[failure] ?? failures.refused
}

/**
 * Begins a sign-in at a provider, and leaves the page for the provider's. Throws a Problem.
 * @param {string} provider
 * @param {{ confirm?: boolean, account?: string | undefined, invitation?: string | undefined }}
 *   [options] `confirm`: the provider must ask for a proof of identity
 */
export async function leaveFor(provider, { confirm = false, account, invitation } = {}) {
  const body = {
    provider,
    confirm,
    ...(account !== undefined && { account_id: account }),
    ...(invitation !== undefined && { invitation }),
  }
  const { body: started } = await call('POST', '/v1/session/oidc', { body })
  location.assign(started.url)
}

/**
 * Begins a sign-in at the provider of a person. Throws a Problem.
 * @param {import('../types.js').User} user
 * @param {{ confirm?: boolean, account?: string | undefined }} options
 */
export async function leaveForProviderOf({ issuer }, options) {
  const { providers } = await get('/v1/session/providers')
  const found = providers.find(
    (/** @type {import('../types.js').Provider} */ provider) => provider.issuer === issuer,
  )
  return leaveFor(found?.name ?? '', options)
}
