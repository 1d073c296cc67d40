const quote = 34
const lineFeed = 10

/** Counts the entries of an export while its bytes arrive. */
export class EntryCounter {
  #lines = 0
  /** Whether the bytes are inside a field of CSV, which may hold line breaks. */
  #isQuoted = false
  #hasFields

  /** @param {string} format `csv` or `ndjson` */
  constructor(format) {
    this.#hasFields = format === 'csv'
  }

  /**
   * @param {Uint8Array} bytes the next ones
   * @returns {number} the entries so far
   */
  add(bytes) {
    for (const byte of bytes) {
      // A quote in a field is written twice: in between, the field seems to be left.
      if (byte === quote && this.#hasFields) this.#isQuoted = !this.#isQuoted
      else if (byte === lineFeed && !this.#isQuoted) this.#lines += 1
    }
    // The first line of CSV has the names; the last line of NDJSON says that it is the end.
    return Math.max(0, this.#lines - 1)
  }
}
