import { writeFile } from 'node:fs/promises'

/** Requests to send in turn, over connections that are kept alive and never pipelined. */
export interface Load {
  readonly url: string
  readonly requestsFile: string
  readonly connections: number
}

/** What a generator measured. An answer other than 200 with a good verdict is an error. */
export interface Measured {
  readonly requests: number
  readonly seconds: number
  readonly errors: number
  readonly p50Ms: number
  readonly p99Ms: number
}

export interface Generator {
  readonly name: string
  run(load: Load, seconds: number): Promise<Measured>
}

/** How the body of every answer must begin. */
export const goodAnswer = '{"valid":true,'

/** Writes the requests to verify these tokens: the caller's token in the first line, then a body a line. */
export async function writeRequests(
  file: string,
  callerToken: string,
  tokens: readonly string[],
): Promise<void> {
  const bodies = tokens.map((token) => JSON.stringify({ token }))
  await writeFile(file, [callerToken, ...bodies].join('\n'), { mode: 0o600 })
}
