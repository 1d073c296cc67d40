const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/**
 * Makes a version 7 UUID (RFC 9562, section 5.7) from a time and ten random bytes. The UUIDs sort
 * by the millisecond in which they were made.
 *
 * @throws RangeError unless `random` holds exactly ten bytes and `nowMs` fits into 48 bits.
 */
export function uuidV7(nowMs: number, random: Uint8Array): string {
  if (random.length !== 10) throw new RangeError('a version 7 UUID takes ten random bytes')
  const bytes = Buffer.alloc(16)
  bytes.writeUIntBE(nowMs, 0, 6)
  bytes.set(random, 6)
  bytes.writeUInt8(0x70 | (bytes.readUInt8(6) & 0x0f), 6)
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8)
  return uuidFromBytes(bytes)
}

/**
 * Whether a text is a UUID in its canonical 8-4-4-4-12 form (RFC 9562, section 4), in either case.
 */
export function isUuid(text: string): boolean {
  return UUID.test(text)
}

/**
 * The 16 bytes of a UUID.
 *
 * @throws RangeError when the text is not a UUID: call `isUuid` first on text from a caller.
 */
export function uuidToBytes(uuid: string): Uint8Array {
  if (!isUuid(uuid)) throw new RangeError('not a UUID')
  return Buffer.from(uuid.replaceAll('-', ''), 'hex')
}

/** The UUID of 16 bytes, in lower case. */
export function uuidFromBytes(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
