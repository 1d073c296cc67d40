import type { MappingRule } from '../domain/person/mapping.ts'

/** One provider of OpenID Connect, as the deployment's file names it. */
export interface ProviderSettings {
  /** Names the provider in paths. */
  readonly name: string
  /** What the sign-in page calls the provider. */
  readonly label: string
  /** Exactly as the provider calls itself (OpenID Connect Discovery 1.0, section 4.3). */
  readonly issuer: string
  readonly clientId: string
  /** Undefined: a public client, which PKCE alone protects. */
  readonly clientSecret: string | undefined
  readonly scopes: readonly string[]
  /** The origins, beside that of the issuer, at which its endpoints may be. */
  readonly origins: readonly string[]
  /** Whom JWTs at /v1 are for; undefined: the service accepts none of the issuer. */
  readonly audience: string | undefined
  readonly rules: readonly MappingRule[]
}
