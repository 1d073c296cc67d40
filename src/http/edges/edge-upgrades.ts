import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { App } from '../app-type.ts'

export const edgePath = '/v1/edge'

/**
 * Whether a request asks for the stream of an edge. Every other upgrade is ignored, as HTTP allows
 * (RFC 9110, section 7.8): clients that offer h2c with each request get their answer over HTTP/1.1.
 * HTTP/1.0 has no upgrade (the same section), and a body would be read as frames of the stream.
 */
export function isEdgeUpgrade({ method, url, headers, httpVersion }: IncomingMessage): boolean {
  if (method !== 'GET' || headers.upgrade?.toLowerCase() !== 'websocket') return false
  if (httpVersion !== '1.1' || hasBody(headers)) return false
  return url?.split('?', 1)[0] === edgePath
}

function hasBody(headers: IncomingHttpHeaders): boolean {
  return (
    headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? '0') !== 0
  )
}

/**
 * Closes the connection of an upgrade that was refused: nobody reads it any more, so that it would
 * stay open, and keep the server from closing, after its client is gone.
 */
export function closeRefusedUpgrades(app: App): void {
  app.addHook('onResponse', (request, _reply, done) => {
    if (isEdgeUpgrade(request.raw)) request.raw.socket.destroySoon()
    done()
  })
}
