import type { DestinationStream } from 'pino'

/** What may wait for a slow reader: some seconds of a busy log. */
const maxWaitingBytes = 4 * 1024 * 1024

/** What is written to: standard output, as Node gives it. */
export interface LogStream {
  readonly writableLength: number
  write(text: string): boolean
  on(event: 'error', listener: () => void): unknown
}

/**
 * Writes log lines without ever waiting for whoever reads them. A pipe that nobody reads fills up, and
 * a write that waits for it would hold the event loop: no request would be answered and no signal heard.
 * Lines beyond the bound are dropped, and the next one that has room says how many.
 */
export function createLogOutput(stream: LogStream, maxBytes = maxWaitingBytes): DestinationStream {
  let dropped = 0
  // A reader that is gone, or a full disk: the log ends, and the service does not.
  stream.on('error', () => undefined)
  return {
    write(line) {
      if (stream.writableLength > maxBytes) {
        dropped += 1
        return
      }
      if (dropped > 0) stream.write(droppedLine(dropped))
      dropped = 0
      stream.write(line)
    },
  }
}

function droppedLine(lines: number): string {
  const time = new Date().toISOString()
  const message = 'log lines were dropped, since nobody read them'
  return `${JSON.stringify({ level: 'warn', time, lines, message })}\n`
}
