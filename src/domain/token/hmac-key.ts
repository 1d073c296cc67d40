import { hash } from 'node:crypto'
import { maxTokenLength } from '../limits.ts'

/** The block size of SHA-256, and the size of its digest. */
const BLOCK_BYTES = 64
const DIGEST_BYTES = 32

/**
 * A key of HMAC-SHA-256 (RFC 2104) that prints and serializes as nothing. The class computes a
 * digest by two one-shot hashes, which takes half the time of `createHmac`: `createHmac` allocates
 * an object outside of V8's heap for each token, and a flood of forged tokens asks for one each.
 */
export class HmacKey {
  /** The padded key, followed by a buffer for the text that is hashed with it. */
  readonly #inner: Buffer
  readonly #outer: Buffer
  /** The text's part of `#inner`. A plain Uint8Array: Node fills a Buffer by a slower path. */
  readonly #room: Uint8Array

  /**
   * @throws RangeError when the key is longer than a block: such a key would have to be hashed
   * first.
   */
  constructor(key: Uint8Array) {
    if (key.length > BLOCK_BYTES) throw new RangeError(`a key has ${BLOCK_BYTES} bytes at most`)
    this.#inner = padded(key, 0x36, maxTokenLength)
    this.#outer = padded(key, 0x5c, DIGEST_BYTES)
    this.#room = new Uint8Array(this.#inner.buffer, this.#inner.byteOffset + BLOCK_BYTES)
  }

  /**
   * The digest of an ASCII text: 32 bytes.
   *
   * @throws RangeError when the text is longer than any signed part of a token.
   */
  digest(text: string): Buffer {
    return Buffer.from(this.#sign(text), 'latin1')
  }

  /**
   * Whether the digest of an ASCII text begins with `start`, compared in constant time. Allocates
   * no buffer: a flood of forged tokens calls nothing else.
   *
   * @throws RangeError when the text is longer than any signed part of a token.
   */
  signs(text: string, start: Uint8Array): boolean {
    const sum = this.#sign(text)
    let difference = 0
    for (let index = 0; index < start.length; index += 1) {
      difference |= (start[index] ?? 0) ^ sum.charCodeAt(index)
    }
    return difference === 0
  }

  /**
   * Returns one character for each byte: such a string takes a third of the time that a buffer
   * takes.
   */
  #sign(text: string): string {
    if (text.length > maxTokenLength) throw new RangeError('the text is too long')
    const length = this.#inner.write(text, BLOCK_BYTES, 'latin1')
    const inner = hash('sha256', this.#inner.subarray(0, BLOCK_BYTES + length), 'binary')
    // The signed text holds a secret.
    this.#room.fill(0, 0, length)
    this.#outer.write(inner, BLOCK_BYTES, 'latin1')
    return hash('sha256', this.#outer, 'binary')
  }
}

function padded(key: Uint8Array, byte: number, room: number): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES + room, byte)
  for (const [index, value] of key.entries()) block[index] = value ^ byte
  return block
}
