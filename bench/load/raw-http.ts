import { readFile } from 'node:fs/promises'
import type { NetConnectOpts } from 'node:net'
import type { ExpectedAnswer, Load } from './load.ts'

const unixOrigin = /^unix:(.+)$/

/** Where to connect to. A Unix socket has the origin `unix:` and its path. */
export function placeOf(origin: string): NetConnectOpts {
  const [, path] = unixOrigin.exec(origin) ?? []
  if (path !== undefined) return { path }
  const { hostname, port } = new URL(origin)
  return { host: hostname, port: Number(port), noDelay: true }
}

function hostOf({ origin }: Load): string {
  return unixOrigin.test(origin) ? 'localhost' : new URL(origin).host
}

/** The requests of a load, one after the other. */
export async function readRequests(load: Load): Promise<() => Buffer> {
  const text = await readFile(load.requestsFile, 'utf8')
  const [authorization = '', contentType = '', ...lines] = text.split('\n')
  const requests = lines.map((line) =>
    toRequest(line, { host: hostOf(load), authorization, contentType }),
  )
  const sequence = load.sequenceFile && (await readFile(load.sequenceFile, 'utf8')).split('\n')
  let sent = 0
  return () => {
    const index = sequence ? Number(sequence[sent % sequence.length]) : sent % requests.length
    const request = requests[index]
    if (request === undefined) throw new Error('There is no request to send.')
    sent += 1
    return request
  }
}

function toRequest(
  line: string,
  {
    host,
    authorization,
    contentType,
  }: { readonly host: string; readonly authorization: string; readonly contentType: string },
): Buffer {
  const [path = '', body = ''] = line.split('\t')
  const head = [
    `${body === '' ? 'GET' : 'POST'} ${path} HTTP/1.1`,
    `Host: ${host}`,
    ...(authorization === '' ? [] : [`Authorization: ${authorization}`]),
    ...(body === ''
      ? []
      : [`Content-Type: ${contentType}`, `Content-Length: ${Buffer.byteLength(body)}`]),
  ]
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`)
}

/** Whether the text is a whole answer with a Content-Length. */
export function isComplete(answer: string): boolean {
  const headEnd = answer.indexOf('\r\n\r\n')
  if (headEnd === -1) return false
  const length = /\r\ncontent-length: (\d+)\r\n/i.exec(answer)?.[1]
  return length !== undefined && answer.length >= headEnd + 4 + Number(length)
}

export function isExpected(answer: string, expected: ExpectedAnswer): boolean {
  return answer.startsWith('HTTP/1.1 200 ') && answer.includes(`\r\n\r\n${expected.start}`)
}
