import { isIPv6 } from 'node:net'
import type { ServerAddress } from './server-address.ts'

export interface HostTexts {
  /** The hosts and ports between `//` and the path, as written. */
  readonly authority: string
  /** The parameters `host` and `port`, which override the authority. */
  readonly host: string | undefined
  readonly port: string | undefined
  /** What libpq takes from PGHOST and PGPORT where the URL has nothing. */
  readonly defaultHost: string
  readonly defaultPort: string
}

/**
 * Parses the servers of a database URL as libpq does (PostgreSQL, 32.1.1.3 "Specifying Multiple
 * Hosts"): as many ports as hosts, or one port for all. Faults name a host by its place in the
 * list, since a password that is not percent-encoded may be read as a host.
 */
export function parseHosts(
  texts: HostTexts,
  note: (fault: string) => void,
): readonly ServerAddress[] {
  const pairs = texts.authority.split(',').map(splitPair)
  if (pairs.some((pair) => pair === undefined)) {
    note('is not a valid URL. Percent-encode characters such as #, / and spaces in the password')
    return []
  }
  const written = pairs.flatMap((pair) => pair ?? [])
  const named = texts.host?.split(',') ?? written.map(({ host }) => host)
  const hosts = named.length === 1 && named[0] === '' ? texts.defaultHost.split(',') : named
  const ports = texts.port?.split(',') ?? portsOf(written, hosts.length, texts)
  if (ports.length !== 1 && ports.length !== hosts.length) {
    note(`names ${hosts.length} hosts and ${ports.length} ports: name one port, or one for each`)
    return []
  }
  return hosts.flatMap((host, index) => {
    const place = hosts.length === 1 ? '' : ` for host ${index + 1} of ${hosts.length}`
    const text = ports.length === 1 ? ports[0] : ports[index]
    const port = Number(text === '' ? '5432' : text)
    if (!/^\d{0,5}$/.test(text ?? '') || port < 1 || port > 65_535) {
      note(`has an invalid port${place}`)
    }
    if (host === '' && hosts.length > 1) note(`has an empty host${place}`)
    // libpq uses a Unix socket in the folder that it was built with.
    if (host === '' && hosts.length === 1) {
      note('names no host: name localhost or another one, or the folder of a Unix socket')
    }
    return [{ host, port }]
  })
}

interface Pair {
  readonly host: string
  readonly port: string
}

/** Ports of the authority belong to its hosts; without one of them the default is for all. */
function portsOf(
  written: readonly Pair[],
  count: number,
  { host, defaultPort }: HostTexts,
): readonly string[] {
  const ports = written.map(({ port }) => port)
  if (ports.every((port) => port === '')) return defaultPort.split(',')
  return host !== undefined && ports.length === 1 ? Array(count).fill(ports[0]) : ports
}

const pair = /^(?:\[(?<literal>[^\][]+)\]|(?<name>[^:[\]\s<>^|\\]*))(?::(?<port>\d*))?$/

/** One host and its port, percent-decoded; undefined if it is neither. */
function splitPair(text: string): Pair | undefined {
  const groups = pair.exec(text)?.groups
  if (groups === undefined) return undefined
  const { literal, name = '', port = '' } = groups
  try {
    const host = decodeURIComponent(literal ?? name)
    return literal !== undefined && !isIPv6(host) ? undefined : { host, port }
  } catch {
    return undefined
  }
}
