/**
 * The path of a request, spelled as routes are: without the query, and with `%6d` as `m` (RFC 3986,
 * section 6.2.2.2). An escape that cannot be decoded stays, and so do `%2F` and other escapes of
 * reserved characters, as in the router.
 */
export function pathOf(url: string): string {
  const [path = ''] = url.split(/[?#]/, 1)
  if (!path.includes('%')) return path
  return path.split('/').map(decodeSegment).join('/')
}

function decodeSegment(segment: string): string {
  try {
    return decodeURI(segment)
  } catch {
    return segment
  }
}

/**
 * The origin form of a request target in absolute form (RFC 9112, section 3.2.2), as a client sends
 * it to a proxy: nothing of the service depends on the host that the target names. The router would
 * take another target, such as `*`, for the root.
 */
export function originFormOf(target: string): string {
  if (target.startsWith('/')) return target
  const [, rest] = /^[a-z][a-z\d+.-]*:\/\/[^/?#]*(.*)$/i.exec(target) ?? []
  if (rest === undefined) return `/${target}`
  return rest.startsWith('/') ? rest : `/${rest}`
}
