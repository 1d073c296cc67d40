import { createWriteStream, type WriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import type { Call } from './history.ts'

/** Stores the history, in memory for the checker and as lines of JSON for people. */
export class Recorder {
  readonly calls: Call[] = []
  readonly #file: WriteStream

  constructor(path: string) {
    this.#file = createWriteStream(path)
  }

  readonly record = (call: Call): void => {
    // A call of a run that has failed, whose error must not be hidden by this one.
    if (this.#file.writableEnded) return
    this.calls.push(call)
    this.#file.write(`${JSON.stringify(call)}\n`)
  }

  /** Records an event that is no call: a fault that begins or ends. */
  note(event: string): void {
    this.#file.write(`${JSON.stringify({ at: performance.now(), event })}\n`)
  }

  async close(): Promise<void> {
    this.#file.end()
    await finished(this.#file)
  }
}
