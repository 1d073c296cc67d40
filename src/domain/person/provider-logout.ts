/** What a verified logout token says (OpenID Connect Back-Channel Logout 1.0, section 2.4). */
export interface ProviderLogout {
  readonly issuer: string
  /** Undefined: the person of the session. */
  readonly subject: string | undefined
  /** What the provider calls the session; undefined: every one of the subject. */
  readonly providerSession: string | undefined
  /** Counts once. */
  readonly jti: string
  readonly expiresAt: Date
}
