/**
 * Whether a text is the scheme, host and port of an HTTP server that can be reached, with a slash
 * at the end or without. The scheme is written in either case (RFC 3986, section 3.1).
 */
export function isServerUrl(text: string): boolean {
  return isOrigin(text.replace(/\/$/, ''))
}

/** The same, without a slash at the end: paths are appended to it. */
export function isOrigin(text: string): boolean {
  if (!/^https?:\/\/[^\s/?#@\\]+$/i.test(text)) return false
  const url = URL.parse(text)
  return url !== null && url.port !== '0'
}
