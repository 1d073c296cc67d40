import type { Readable } from 'node:stream'
import type { DestinationStream } from 'pino'

/** Longer lines are cut into several: what is kept of each output is bounded. */
const maxLineLength = 1024 * 1024

/**
 * Passes on what a worker process writes, line by line, and resolves at its end. `from` must be a
 * pipe of that worker alone. A pipe that processes share is in non-blocking mode for all of them or
 * for none: Node.js puts it into blocking mode when it starts a process on it and when such a
 * process ends, and the writes of all others then wait for the reader of the pipe.
 */
export async function passOnLines(from: Readable, to: DestinationStream): Promise<void> {
  let rest = ''
  from.setEncoding('utf8')
  for await (const chunk of from) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) to.write(`${line}\n`)
    if (rest.length <= maxLineLength) continue
    to.write(`${rest}\n`)
    rest = ''
  }
  if (rest !== '') to.write(`${rest}\n`)
}
