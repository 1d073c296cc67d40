/** Names one credential: the key, and the credential's generation within it. */
export interface CredentialRef {
  readonly apiKeyId: string
  readonly generation: number
}
