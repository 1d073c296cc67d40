import { writeFile } from 'node:fs/promises'

/** Requests over connections that are kept alive and never pipelined. */
export interface Load {
  /** Scheme, host and port; or `unix:` and the path of a socket, for generators of our own. */
  readonly origin: string
  /** See writeRequests. */
  readonly requestsFile: string
  /**
   * Indices of requests, one a line, in the order of sending; absent: all in turn. Repeats at its
   * end.
   */
  readonly sequenceFile?: string
  readonly connections: number
  readonly expected: ExpectedAnswer
}

/** What the body of every answer must contain; its status must be 200. */
export interface ExpectedAnswer {
  readonly start: string
  /** How often `"valid":true` must be in it, where there are several verdicts. */
  readonly goodVerdicts?: number
}

export const latencyPercentiles = [50, 75, 90, 95, 99, 99.9] as const
export type LatencyPercentile = (typeof latencyPercentiles)[number]

/** The measurement of a generator. Any answer but the expected one is an error. */
export interface Measured {
  readonly requests: number
  readonly seconds: number
  readonly errors: number
  /** In milliseconds, in the order of latencyPercentiles. */
  readonly latenciesMs: readonly number[]
}

export const expectedAnswers = {
  good: { start: '{"valid":true,' },
  notFound: { start: '{"valid":false,"reason":"not_found"' },
  revoked: { start: '{"valid":false,"reason":"revoked"' },
  expired: { start: '{"valid":false,"reason":"expired"' },
  anyVerdict: { start: '{"valid":' },
} as const satisfies Record<string, ExpectedAnswer>

export interface Requests {
  /** The whole value of the header; empty: none is sent. */
  readonly authorization: string
  readonly contentType?: string
  readonly lines: readonly RequestLine[]
}

/** A POST with that body, or a GET without. Neither may hold a tab or an end of line. */
export interface RequestLine {
  readonly path: string
  readonly body?: string
}

/**
 * Writes requests for a generator: the two headers in the first two lines, then path and body a
 * line.
 */
export async function writeRequests(file: string, requests: Requests): Promise<void> {
  const { authorization, contentType = 'application/json', lines } = requests
  const written = lines.map(({ path, body = '' }) => `${path}\t${body}`)
  await writeFile(file, [authorization, contentType, ...written].join('\n'), { mode: 0o600 })
}

/** The requests to verify these tokens, one each. */
export function verifyRequests(callerToken: string, tokens: readonly string[]): Requests {
  return {
    authorization: `Bearer ${callerToken}`,
    lines: tokens.map((token) => ({ path: '/v1/verify', body: JSON.stringify({ token }) })),
  }
}
