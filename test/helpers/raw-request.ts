import { type Agent, request as httpRequest } from 'node:http'
import type { Answer } from './api.ts'

export interface RawRequest {
  readonly method?: string
  /** Names and values in turn, sent exactly so: neither fetch nor inject can send one twice. */
  readonly headers?: readonly string[]
  readonly body?: string | Buffer
  /** The local address to send from: on Linux any address of 127.0.0.0/8 works. */
  readonly from?: string
  readonly agent?: Agent
}

/** Sends a request over a socket, byte for byte. */
export function sendRaw(url: string, options: RawRequest = {}): Promise<Answer> {
  const { method = 'GET', headers = [], body, from, agent } = options
  const { host } = new URL(url)
  const hasHost = headers.some((name, index) => index % 2 === 0 && name.toLowerCase() === 'host')
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      url,
      {
        method,
        headers: hasHost ? [...headers] : ['Host', host, ...headers],
        agent: agent ?? false,
        ...(from !== undefined && { localAddress: from }),
      },
      (response) => {
        response.setEncoding('utf8')
        let text = ''
        response.on('data', (chunk: string) => {
          text += chunk
        })
        response.on('error', reject)
        response.on('end', () => {
          const isJson = String(response.headers['content-type']).includes('json')
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text,
            body: isJson && text !== '' ? JSON.parse(text) : undefined,
          })
        })
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}
