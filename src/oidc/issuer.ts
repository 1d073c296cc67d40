import type { IssuerKeys } from './issuer-keys.ts'
import type { ProviderSettings } from './provider-settings.ts'

/** A provider as the signer of JWTs. */
export interface Issuer {
  readonly settings: Pick<ProviderSettings, 'clientId' | 'issuer' | 'rules'>
  readonly keys: IssuerKeys
}

/** An issuer whose JWTs authenticate callers if they are for this audience. */
export interface BearerIssuer extends Issuer {
  readonly audience: string
}

/** The issuers of a deployment, by the exact text of `iss`. */
export interface Issuers {
  readonly all: ReadonlyMap<string, Issuer>
  /** Those that have an audience. */
  readonly ofBearers: ReadonlyMap<string, BearerIssuer>
  /** Those of every provider: a JWT for one of them is an ID token. */
  readonly clientIds: ReadonlySet<string>
}
