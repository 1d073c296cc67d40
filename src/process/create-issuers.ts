import type { Logger } from 'pino'
import type { Issuer, Issuers } from '../oidc/issuer.ts'
import { IssuerKeys } from '../oidc/issuer-keys.ts'
import { loadKeySet } from '../oidc/load-key-set.ts'
import type { ProviderSettings } from '../oidc/provider-settings.ts'

/** The providers as signers of JWTs. None is asked for anything yet. */
export function createIssuers(
  providers: readonly ProviderSettings[],
  log: Pick<Logger, 'warn'>,
): Issuers {
  const issuerOf = (settings: ProviderSettings): Issuer => {
    const onFailure = (error: unknown) => {
      const reason = error instanceof Error ? error.message : 'unknown'
      log.warn({ provider: settings.name, reason }, 'the keys of the provider cannot be loaded')
    }
    return { settings, keys: new IssuerKeys(() => loadKeySet(settings), onFailure) }
  }
  const issuers = providers.map((provider) => [provider, issuerOf(provider)] as const)
  const bearers = issuers.flatMap(([{ audience, issuer }, one]) =>
    audience === undefined ? [] : [[issuer, { ...one, audience }] as const],
  )
  return {
    all: new Map(issuers.map(([{ issuer }, one]) => [issuer, one])),
    ofBearers: new Map(bearers),
    clientIds: new Set(providers.map((provider) => provider.clientId)),
  }
}
