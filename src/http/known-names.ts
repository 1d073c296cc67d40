/**
 * What to write in place of a field or parameter that does not exist: the one that its sender
 * probably means, or else all that exist. `noun` is what they are called.
 */
export function describeUnknownName(
  name: string,
  known: readonly string[],
  noun: 'field' | 'parameter',
): string {
  // RFC 6750, section 2.3: logs and browsers keep URLs.
  if (noun === 'parameter' && isOfSecret(name)) {
    return 'A URL must not contain a token. Send it in the header Authorization: Bearer <token>.'
  }
  const start = `The ${noun} does not exist`
  const meant = known.find((candidate) => folded(candidate) === folded(name))
  if (meant !== undefined) return `${start}: write ${meant}.`
  if (known.length === 0) return `${start}: the operation has no ${noun}s.`
  return `${start}. The ${noun}s are ${known.join(', ')}.`
}

/** Whether a parameter of this name may carry a token; a `page_token` or an `author` does not. */
function isOfSecret(name: string): boolean {
  const bare = name.toLowerCase().replace(/[^a-z0-9]/g, '')
  return /^(?:access|api|aeon|auth|bearer|id|x)*(?:token|jwt|key|auth|authorization|bearer|credentials?)$/.test(
    bare,
  )
}

/** A name in any case and with any separators, in the singular. */
function folded(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .replace(/s$/, '')
}
