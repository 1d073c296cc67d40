const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const BASE = 62
/** The digit of each character of the alphabet, by the character's code. */
const DIGITS: readonly (number | undefined)[] = digitsByCode()

/**
 * Encodes bytes as one big-endian number in base 62, zero-padded to `width` characters. The
 * alphabet is in ASCII order, so that texts of one width sort as their numbers do.
 *
 * @throws RangeError when the number does not fit into `width` characters.
 */
export function encodeBase62(bytes: Uint8Array, width: number): string {
  const limbs = limbsOf(bytes)
  let text = ''
  for (let place = 0; place < width; place++) text = ALPHABET.charAt(divide(limbs)) + text
  if (limbs.some((limb) => limb > 0)) {
    throw new RangeError(`${bytes.length} bytes do not fit into ${width} characters`)
  }
  return text
}

/**
 * The number in base 2^16, highest digit first: a remainder and a digit fit into one small integer.
 */
function limbsOf(bytes: Uint8Array): number[] {
  const limbs: number[] = []
  // An odd number of bytes is padded with a zero byte in front.
  for (let index = -(bytes.length % 2); index < bytes.length; index += 2) {
    limbs.push(((bytes[index] ?? 0) << 8) | (bytes[index + 1] ?? 0))
  }
  return limbs
}

/**
 * Divides the number by 62 in place and returns the remainder. For a tag, this long division takes
 * a quarter of the time that BigInt's takes.
 */
function divide(limbs: number[]): number {
  let remainder = 0
  for (let index = 0; index < limbs.length; index += 1) {
    const value = remainder * 0x10000 + (limbs[index] ?? 0)
    limbs[index] = Math.floor(value / BASE)
    remainder = value % BASE
  }
  return remainder
}

/** Four characters are read at once, into limbs of three bytes: their product stays exact. */
const CHUNK = 4
const CHUNK_BASE = BASE ** CHUNK
const LIMB_BYTES = 3
const LIMB_BASE = 1 << (8 * LIMB_BYTES)

/**
 * Decodes a base 62 text as a big-endian number of `byteLength` bytes. Undefined when a character
 * is outside the alphabet or the number needs more bytes.
 */
export function decodeBase62(text: string, byteLength: number): Uint8Array | undefined {
  const limbs: number[] = []
  for (let bytes = 0; bytes < byteLength; bytes += LIMB_BYTES) limbs.push(0)
  let chunk = 0
  for (let place = 0; place < text.length; place += 1) {
    const digit = DIGITS[text.charCodeAt(place)]
    if (digit === undefined) return undefined
    chunk = chunk * BASE + digit
    // The first chunk may be shorter, so that the other chunks end with the text.
    if ((text.length - place) % CHUNK !== 1) continue
    if (!multiplyAndAdd(limbs, chunk)) return undefined
    chunk = 0
  }
  return bytesOf(limbs, byteLength)
}

/**
 * Multiplies a number, lowest limb first, by the base of a chunk and adds the chunk, in place.
 * False when the result does not fit.
 */
function multiplyAndAdd(limbs: number[], chunk: number): boolean {
  let carry = chunk
  for (let index = 0; index < limbs.length; index += 1) {
    const value = (limbs[index] ?? 0) * CHUNK_BASE + carry
    limbs[index] = value & (LIMB_BASE - 1)
    carry = Math.floor(value / LIMB_BASE)
  }
  return carry === 0
}

function bytesOf(limbs: readonly number[], byteLength: number): Uint8Array | undefined {
  const top = limbs.length - 1
  if ((limbs[top] ?? 0) >> (8 * (byteLength - top * LIMB_BYTES)) > 0) return undefined
  const bytes = new Uint8Array(byteLength)
  for (let place = 0; place < byteLength; place += 1) {
    const limb = limbs[Math.floor(place / LIMB_BYTES)] ?? 0
    bytes[byteLength - 1 - place] = limb >> (8 * (place % LIMB_BYTES))
  }
  return bytes
}

function digitsByCode(): (number | undefined)[] {
  const digits: (number | undefined)[] = new Array(128).fill(undefined)
  for (let digit = 0; digit < BASE; digit += 1) digits[ALPHABET.charCodeAt(digit)] = digit
  return digits
}
