import type { IncomingHttpHeaders } from 'node:http'
import { edgeSubprotocol } from '../../domain/edge/edge-protocol.ts'
import { ServiceError } from '../../errors.ts'
import { ForeseenError } from '../foreseen-error.ts'

/** The one version of WebSockets that is a standard (RFC 6455, section 4.1). */
export const webSocketVersion = '13'

/** 16 bytes in Base64. */
const keyPattern = /^[A-Za-z0-9+/]{22}==$/
/** A token (RFC 9110, section 5.6.2). */
const tokenPattern = /^[\w!#$%&'*+.^`|~-]+$/

/**
 * Why the opening handshake of a WebSocket is refused (RFC 6455, section 4.2.1). The package `ws`
 * checks the same, but answers on the bare socket: in another form, without a log line.
 */
export function handshakeFault(headers: IncomingHttpHeaders): ServiceError | undefined {
  // Node joins the lines of a repeated header, and two values are no valid one.
  if (headers['sec-websocket-version'] !== webSocketVersion) {
    return new ForeseenError(426, `Send one Sec-WebSocket-Version: ${webSocketVersion}.`)
  }
  if (!keyPattern.test(headers['sec-websocket-key'] ?? '')) {
    const message = 'Send one Sec-WebSocket-Key: the Base64 form of 16 random bytes.'
    return new ServiceError('invalid_request', message)
  }
  return faultOfSubprotocols(headers['sec-websocket-protocol'])
}

function faultOfSubprotocols(list: string | undefined): ServiceError | undefined {
  if (list === undefined) return undefined
  const offered = list.split(',').map((one) => one.trim())
  const isList = offered.every((one) => tokenPattern.test(one))
  if (!isList || new Set(offered).size < offered.length) {
    const message = 'Sec-WebSocket-Protocol must list names of subprotocols, each of them once.'
    return new ServiceError('invalid_request', message)
  }
  if (offered.includes(edgeSubprotocol)) return undefined
  const message = `This service speaks the subprotocol ${edgeSubprotocol} and no other.`
  return new ServiceError('invalid_request', message)
}
