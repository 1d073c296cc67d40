/** Messages of the protocol of PostgreSQL, version 3 ("Message Formats" in its documentation). */

/** One message: its type, and its bytes with type and length. */
export interface Message {
  readonly type: string
  readonly bytes: Buffer
}

const headerBytes = 5

/** Cuts a stream into messages. */
export class MessageReader {
  #rest: Buffer = Buffer.alloc(0)

  /** The messages that are complete with these bytes. */
  read(bytes: Buffer): readonly Message[] {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    const messages: Message[] = []
    while (this.#rest.length >= headerBytes) {
      // The length counts itself, and not the type.
      const length = this.#rest.readInt32BE(1) + 1
      if (this.#rest.length < length) break
      messages.push({
        type: String.fromCharCode(this.#rest[0] ?? 0),
        bytes: this.#rest.subarray(0, length),
      })
      this.#rest = this.#rest.subarray(length)
    }
    return messages
  }
}

export function messageOf(type: string, payload: Buffer | string): Message {
  const body = typeof payload === 'string' ? Buffer.from(payload) : payload
  const bytes = Buffer.alloc(headerBytes + body.length)
  bytes.write(type, 0, 'latin1')
  bytes.writeInt32BE(body.length + 4, 1)
  body.copy(bytes, headerBytes)
  return { type, bytes }
}

export function queryOf(text: string): Message {
  return messageOf('Q', `${text}\0`)
}

/** An ErrorResponse, or a NoticeResponse (type N), with a field that no version has defined. */
export function errorOf(code: string, text: string, type: 'E' | 'N' = 'E'): Message {
  const severity = type === 'E' ? 'ERROR' : 'WARNING'
  return messageOf(type, `S${severity}\0V${severity}\0C${code}\0M${text}\0?unknown\0\0`)
}

export function readyOf(status: TransactionStatus): Message {
  return messageOf('Z', status)
}

/** Idle, in a transaction, or in a failed one. */
export type TransactionStatus = 'I' | 'T' | 'E'

export function statusOf({ bytes }: Message): TransactionStatus {
  const status = String.fromCharCode(bytes[headerBytes] ?? 0)
  if (status === 'T' || status === 'E') return status
  return 'I'
}

/** The statement of a Query or a Parse, and the name that a Parse gives or a Bind uses. */
export function statementOf({ type, bytes }: Message): {
  readonly text: string | undefined
  readonly name: string | undefined
} {
  const body = bytes.subarray(headerBytes)
  if (type === 'Q') return { text: textAt(body, 0), name: undefined }
  if (type === 'P') {
    const name = textAt(body, 0)
    return { text: textAt(body, Buffer.byteLength(name) + 1), name }
  }
  // A Bind names its portal first.
  if (type === 'B') {
    return { text: undefined, name: textAt(body, Buffer.byteLength(textAt(body, 0)) + 1) }
  }
  return { text: undefined, name: undefined }
}

/** The message with another statement. */
export function withStatement(message: Message, text: string): Message {
  if (message.type === 'Q') return queryOf(text)
  const { name = '', text: old = '' } = statementOf(message)
  const parameters = message.bytes.subarray(
    headerBytes + Buffer.byteLength(name) + Buffer.byteLength(old) + 2,
  )
  return messageOf('P', Buffer.concat([Buffer.from(`${name}\0${text}\0`), parameters]))
}

function textAt(bytes: Buffer, start: number): string {
  return bytes.toString('utf8', start, bytes.indexOf(0, start))
}
