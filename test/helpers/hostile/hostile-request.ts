/** A request that costs as much as its sender can make it cost. */
export interface HostileRequest {
  readonly told: string
  readonly query?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

/** Less than the 16 KiB that Node.js accepts in a request line and headers. */
export const maxHeadBytes = 15_000
