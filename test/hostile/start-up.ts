import type { Socket } from 'node:net'

const cancelCode = 80_877_102
const tlsCode = 80_877_103
const gssCode = 80_877_104

/**
 * The first packets of a client, which have no type: a wish for TLS or GSSAPI, which is refused;
 * the order to cancel a statement of another connection; or the parameters of the session. They
 * are passed on unharmed.
 */
export class StartUp {
  /** The application name of the client; empty until it is known, and where there is none. */
  application = ''
  readonly #client: Socket
  readonly #upstream: Socket
  #bytes: Buffer | undefined = Buffer.alloc(0)

  constructor(client: Socket, upstream: Socket) {
    this.#client = client
    this.#upstream = upstream
  }

  /** The bytes after the first packets; undefined as long as those are not complete. */
  read(bytes: Buffer): Buffer | undefined {
    if (this.#bytes === undefined) return bytes
    this.#bytes = Buffer.concat([this.#bytes, bytes])
    while (this.#bytes.length >= 8) {
      const length = this.#bytes.readInt32BE(0)
      if (this.#bytes.length < length) return undefined
      const code = this.#bytes.readInt32BE(4)
      const packet = this.#bytes.subarray(0, length)
      const rest: Buffer = this.#bytes.subarray(length)
      if (code === tlsCode || code === gssCode) {
        this.#client.write('N')
        this.#bytes = rest
        continue
      }
      this.#upstream.write(packet)
      if (code === cancelCode) return undefined
      this.application = /\0application_name\0([^\0]*)\0/.exec(packet.toString('latin1'))?.[1] ?? ''
      this.#bytes = undefined
      return rest
    }
    return undefined
  }
}
