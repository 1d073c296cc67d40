import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyRequest } from 'fastify'
import { getUser } from '../../management/users/get.ts'
import type { ConsoleSettings } from '../api-settings.ts'
import type { ControlPlaneDeps } from '../deps.ts'
import { findSessionCookie } from '../sessions/session-cookie.ts'

/** How long a sign-out waits for the metadata of a provider; it has ended the session already. */
const waitMs = 1_000

/**
 * Where the browser of a person goes to log out of the provider too; null: nowhere. The session of
 * this service has ended by then, so that nothing that fails here looks as if it went on. The URL
 * has no `id_token_hint` and no `logout_hint`: the service keeps no token of a provider, and a URL
 * is no place for what identifies a person (docs/decisions/0052-logout-at-the-provider.md).
 */
export async function logoutUrlOf(
  deps: ControlPlaneDeps,
  request: Pick<FastifyRequest, 'headers' | 'log' | 'principal'>,
  { publicSite }: ConsoleSettings,
): Promise<string | null> {
  const { principal } = request
  const site = findSessionCookie(request, publicSite)?.site
  if (principal.kind !== 'user' || site === undefined) return null
  const { accountId, id } = principal.user
  const find = async () => {
    const { issuer } = (await getUser(deps, accountId, id)).person
    const provider = [...deps.providers.values()].find(({ settings }) => settings.issuer === issuer)
    const url = await provider?.logout(`${site.origin}${signedOutPath}`)
    return url?.href ?? null
  }
  try {
    return await Promise.race([find(), sleep(waitMs, null, { ref: false })])
  } catch (error) {
    const reason = error instanceof Error ? error.message : ''
    request.log.warn(
      { reason },
      'failed to find the logout page of the provider; the person stays signed in there',
    )
    return null
  }
}

/** The page of the console at which providers end a logout: registered there, letter by letter. */
const signedOutPath = '/console/signed-out'
