import { connect } from 'node:net'

/** How many answers of each status a client got. */
export type Answers = Map<number, number>

/**
 * Sends the same bytes again and again over one connection until the signal, each time when the
 * answer before has come, and connects anew when the server closes the connection. The bytes are
 * prepared and of the answers only the heads are looked at: a hostile client must not take from the
 * service the time that it is measured by.
 */
export async function repeat(
  origin: string,
  bytes: Buffer,
  until: AbortSignal,
  answers: Answers,
): Promise<void> {
  while (!until.aborted) await repeatOnce(origin, bytes, until, answers)
}

/** Until the server closes the connection, or the signal. */
function repeatOnce(
  origin: string,
  bytes: Buffer,
  until: AbortSignal,
  answers: Answers,
): Promise<void> {
  const { hostname, port } = new URL(origin)
  const socket = connect({ host: hostname, port: Number(port), noDelay: true })
  let missing = 0
  const stop = () => socket.destroy()
  until.addEventListener('abort', stop)
  socket.once('connect', () => socket.write(bytes))
  // The server may reset a connection whose bytes it does not read.
  socket.on('error', () => undefined)
  socket.on('data', (chunk: Buffer) => {
    const head = missing > 0 ? undefined : readHead(chunk)
    if (missing <= 0 && head === undefined) return
    if (head !== undefined) {
      answers.set(head.status, (answers.get(head.status) ?? 0) + 1)
      missing = head.bytes
    }
    missing -= chunk.length
    if (missing <= 0) socket.write(bytes)
  })
  return new Promise((resolve) => {
    socket.once('close', () => {
      until.removeEventListener('abort', stop)
      resolve()
    })
  })
}

/** The status of the answer that begins with the chunk, and how long the whole answer is. */
function readHead(chunk: Buffer): { readonly status: number; readonly bytes: number } | undefined {
  const end = chunk.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const head = chunk.toString('latin1', 0, end)
  const status = /^HTTP\/1\.1 (\d+)/.exec(head)?.[1]
  if (status === undefined) return undefined
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1]
  return { status: Number(status), bytes: end + 4 + Number(length ?? 0) }
}

/** The bytes of a request. */
export function bytesOf(
  method: 'GET' | 'POST',
  path: string,
  { token, body }: { readonly token?: string; readonly body?: string } = {},
): Buffer {
  const lines = [
    `${method} ${path} HTTP/1.1`,
    'Host: bench',
    ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
    ...(body === undefined
      ? []
      : ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`]),
  ]
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body ?? ''}`)
}
