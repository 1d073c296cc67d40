/**
 * Whether an entry of an allow list contains an address, for the reader's eyes: verdicts are the
 * service's own (`explain`).
 * @param {string} entry an address or a range
 * @param {string} address
 */
export function contains(entry, address) {
  const [network = '', length] = entry.split('/')
  const one = parse(address)
  const other = parse(network)
  if (one === undefined || other === undefined || one.bits !== other.bits) return false
  const shift = BigInt(one.bits - (length === undefined ? one.bits : Number(length)))
  return one.value >> shift === other.value >> shift
}

/** @param {string} text */
function parse(text) {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(text.trim())?.[1] ?? text.trim()
  return mapped.includes(':') ? parseV6(mapped) : parseV4(mapped)
}

/** @param {string} text */
function parseV4(text) {
  const parts = text.split('.')
  if (
    parts.length !== 4 ||
    parts.some((part) => !/^(?:0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255)
  )
    return undefined
  return { bits: 32, value: parts.reduce((sum, part) => (sum << 8n) | BigInt(part), 0n) }
}

/** @param {string} text */
function parseV6(text) {
  const [head = '', tail, ...more] = text.split('::')
  if (more.length > 0) return undefined
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const missing = 8 - before.length - after.length
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined
  const groups = [...before, ...Array.from({ length: missing }, () => '0'), ...after]
  if (groups.some((group) => !/^[\da-f]{1,4}$/i.test(group))) return undefined
  return {
    bits: 128,
    value: groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n),
  }
}
