import type { DestinationStream } from 'pino'

/** The bytes that may wait for a slow reader: some seconds of a busy log. */
const maxWaitingBytes = 4 * 1024 * 1024

/** The target stream: standard output, as Node provides it. */
export interface LogStream {
  readonly writableLength: number
  write(text: string): boolean
  on(event: 'error', listener: () => void): unknown
}

/**
 * Writes log lines without ever waiting for their reader. A pipe that nobody reads fills up, and a
 * write that waits for it would block the event loop: no request would be answered and no signal
 * handled. Lines beyond the bound are dropped, and the next line that is written is preceded by
 * their number.
 */
export function createLogOutput(stream: LogStream, maxBytes = maxWaitingBytes): DestinationStream {
  let dropped = 0
  // When the reader is gone or the disk is full, the log ends, but the service goes on.
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
  const message = 'dropped log lines, because the output was not read'
  return `${JSON.stringify({ level: 'warn', time, lines, message })}\n`
}
