import type { ConsoleSite } from '../sessions/console-site.ts'

/** One path for each provider, so that no answer of one counts as that of another (mix-up). */
export const callbackPath = '/v1/session/callback'

/** Where a provider sends browsers back: the URI that is registered there. */
export function redirectUriOf({ origin }: ConsoleSite, provider: string): string {
  return `${origin}${callbackPath}/${provider}`
}
