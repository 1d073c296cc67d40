const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const BASE = 62n

/**
 * Writes bytes as one big-endian number in base 62, zero-padded to `width` characters. The alphabet
 * is in ASCII order, so texts of one width compare as the numbers they stand for.
 *
 * @throws RangeError when the number does not fit into `width` characters.
 */
export function encodeBase62(bytes: Uint8Array, width: number): string {
  let rest = BigInt(`0x0${Buffer.from(bytes).toString('hex')}`)
  let text = ''
  for (let place = 0; place < width; place++) {
    text = ALPHABET.charAt(Number(rest % BASE)) + text
    rest /= BASE
  }
  if (rest > 0n) throw new RangeError(`${bytes.length} bytes do not fit into ${width} characters`)
  return text
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
    value = value * BASE + BigInt(digit)
  }
  const hex = value.toString(16).padStart(byteLength * 2, '0')
  return hex.length > byteLength * 2 ? undefined : Buffer.from(hex, 'hex')
}
