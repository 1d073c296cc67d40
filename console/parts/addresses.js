/**
 * Which entry of an allow list contains an address, for the reader's eyes: verdicts are the
 * service's own (`explain`). The rules are those of src/domain/network, and a test compares them.
 */

/**
 * @typedef {object} Address
 * @property {4 | 6} family an IPv4-mapped IPv6 address is IPv4
 * @property {bigint} value
 */

/**
 * Whether an entry contains an address. False for any other text.
 * @param {string} entry an address or a range
 * @param {string} text
 */
export function contains(entry, text) {
  const [network = '', length] = entry.split('/')
  const address = parseAddress(text)
  const other = parseAddress(network)
  if (address === undefined || other === undefined || address.family !== other.family) return false
  const writtenBits = network.includes(':') ? 128 : 32
  const shift = BigInt(writtenBits - (length === undefined ? writtenBits : Number(length)))
  return address.value >> shift === other.value >> shift
}

/**
 * The address that a text is, white space around it left out; undefined if it is none.
 * @param {string} text
 * @returns {Address | undefined}
 */
export function parseAddress(text) {
  const bare = text.trim()
  if (!bare.includes(':')) {
    const value = parseV4(bare)
    return value === undefined ? undefined : { family: 4, value }
  }
  const value = parseV6(bare)
  if (value === undefined) return undefined
  return value >> 32n === 0xffffn
    ? { family: 4, value: value & 0xffff_ffffn }
    : { family: 6, value }
}

/** @param {string} text */
function parseV4(text) {
  const parts = text.split('.')
  if (
    parts.length !== 4 ||
    parts.some((part) => !/^(?:0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255)
  )
    return undefined
  return parts.reduce((sum, part) => (sum << 8n) | BigInt(part), 0n)
}

/** @param {string} text */
function parseV6(text) {
  const groups = groupsOf(text)
  if (groups === undefined) return undefined
  if (groups.some((group) => !/^[\da-f]{1,4}$/i.test(group))) return undefined
  return groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n)
}

/**
 * The eight groups of an IPv6 address, of which `::` stands for those left out.
 * @param {string} text
 */
function groupsOf(text) {
  const [head = '', tail, ...more] = inGroups(text).split('::')
  if (more.length > 0) return undefined
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const missing = 8 - before.length - after.length
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined
  return [...before, ...Array.from({ length: missing }, () => '0'), ...after]
}

/**
 * The text with an IPv4 address at its end written as two groups (RFC 4291, section 2.2).
 * @param {string} text
 */
function inGroups(text) {
  const start = text.lastIndexOf(':') + 1
  const value = parseV4(text.slice(start))
  if (value === undefined) return text
  return `${text.slice(0, start)}${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`
}
