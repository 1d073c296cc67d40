import type { IssuerKeys } from './issuer-keys.ts'
import type { ProviderSettings } from './provider-settings.ts'

/** A provider as the signer of JWTs. */
export interface Issuer {
  readonly settings: Pick<ProviderSettings, 'audience' | 'clientId' | 'issuer' | 'name' | 'rules'>
  readonly keys: IssuerKeys
}

/** The issuers of a deployment. */
export interface Issuers {
  /** By the exact text of `iss`. */
  readonly byName: ReadonlyMap<string, Issuer>
  /** Those of every provider: a JWT for one of them is an ID token. */
  readonly clientIds: ReadonlySet<string>
  /** Whether JWTs of any issuer authenticate callers. */
  readonly authenticate: boolean
}
