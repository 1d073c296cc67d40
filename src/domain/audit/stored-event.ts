/** An audit event as a row of `audit_event`, with the keys of a bulk act from the side table. */
export interface StoredEvent {
  readonly accountId: string
  readonly number: number
  readonly id: string
  readonly createdAt: Date
  readonly action: string
  readonly actorKind: string
  readonly actorId: string | null
  readonly resourceId: string | null
  readonly content: string
  readonly entryHash: Buffer
  readonly apiKeyIds: readonly string[]
}
