import { type Address, type AddressRange, covers, parseAddress } from './address.ts'
import { parseForwardedFor } from './forwarded-header.ts'

/**
 * The lines of the headers with which proxies name their client, in the order in which they
 * arrived.
 */
export interface ForwardingHeaders {
  readonly xForwardedFor: readonly string[]
  /** RFC 7239. */
  readonly forwarded: readonly string[]
}

/**
 * The address of the client that sent a request. A client can write anything into its headers, and
 * each proxy appends the address of its own peer at the right. The headers therefore count only if
 * the socket's own address (`peer`) belongs to a trusted proxy, and are then read from the right,
 * past trusted addresses: the first address that is not trusted is the client. Anything left of it
 * is ignored.
 *
 * Undefined when there is no usable address: a hop that does not parse, a chain of trusted hops
 * only, or two headers that name two clients. A restricted key is then denied.
 */
export function clientAddress(
  peer: string | undefined,
  headers: ForwardingHeaders,
  trusted: readonly AddressRange[],
): Address | undefined {
  const sender = peer === undefined ? undefined : parseAddress(peer)
  if (sender === undefined || !covers(trusted, sender)) return sender
  return forwardedAddress(headers, trusted)
}

/**
 * The client's address for a request that a proxy sends on its own behalf: the proxy's own address
 * is never the client's, so without a header from a trusted proxy there is none.
 */
export function proxiedAddress(
  peer: string | undefined,
  headers: ForwardingHeaders,
  trusted: readonly AddressRange[],
): Address | undefined {
  const proxy = peer === undefined ? undefined : parseAddress(peer)
  if (proxy === undefined || !covers(trusted, proxy)) return undefined
  return forwardedAddress(headers, trusted)
}

/**
 * A proxy that writes one of the two headers may pass the other one on as the client sent it. When
 * both are present, they must name the same client.
 */
function forwardedAddress(
  { xForwardedFor, forwarded }: ForwardingHeaders,
  trusted: readonly AddressRange[],
): Address | undefined {
  if (forwarded.every(isEmptyList)) return lastUntrusted(hopsOf(xForwardedFor), trusted)
  const client = lastUntrusted(forwardedHopsOf(forwarded), trusted)
  if (xForwardedFor.every(isEmptyList)) return client
  const other = lastUntrusted(hopsOf(xForwardedFor), trusted)
  return client?.value === other?.value && client?.family === other?.family ? client : undefined
}

/** RFC 9110, section 5.6.1.2: empty elements are ignored, so that such a line names nobody. */
function isEmptyList(line: string): boolean {
  return /^[ \t,]*$/.test(line)
}

/**
 * The first hop from the right that is not trusted; undefined when a hop before it does not parse.
 */
function lastUntrusted(
  hops: Iterable<Address | undefined>,
  trusted: readonly AddressRange[],
): Address | undefined {
  for (const hop of hops) {
    if (hop === undefined || !covers(trusted, hop)) return hop
  }
  return undefined
}

/**
 * X-Forwarded-For has no standard: addresses, bare or in the syntax of RFC 7239, separated by
 * commas.
 */
function* hopsOf(lines: readonly string[]): Generator<Address | undefined> {
  for (const line of lines.toReversed()) {
    for (const element of line.split(',').toReversed()) {
      const text = withoutSpace(element)
      if (text !== '') yield parseAddress(text) ?? parseForwardedNode(text)
    }
  }
}

/**
 * Lines are parsed one by one: a quotation that the client leaves open in one line cannot reach
 * into the next.
 */
function* forwardedHopsOf(lines: readonly string[]): Generator<Address | undefined> {
  for (const line of lines.toReversed()) {
    const nodes = parseForwardedFor(line)
    if (nodes === undefined) yield undefined
    else
      for (const node of nodes.toReversed())
        yield node === undefined ? node : parseForwardedNode(node)
  }
}

const NODE = /^(?:\[([\d.:a-f]+)\]|([\d.]+))(?::(?:\d{1,5}|_[\w.-]+))?$/i

/**
 * RFC 7239, section 6: an address, IPv6 in brackets, with an optional port. Unknown and obfuscated
 * nodes are of no use.
 */
function parseForwardedNode(text: string): Address | undefined {
  const [, ipv6, ipv4] = NODE.exec(text) ?? []
  if (ipv6 !== undefined) return ipv6.includes(':') ? parseAddress(ipv6) : undefined
  return ipv4 === undefined ? undefined : parseAddress(ipv4)
}

/** Trims space and tab only (RFC 9110, section 5.6.3); `trim` would remove any white space. */
function withoutSpace(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && (text[start] === ' ' || text[start] === '\t')) start += 1
  while (end > start && (text[end - 1] === ' ' || text[end - 1] === '\t')) end -= 1
  return text.slice(start, end)
}
