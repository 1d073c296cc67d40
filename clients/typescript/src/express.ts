import type { IncomingMessage, ServerResponse } from 'node:http'
import { authenticate, checkRequirement, type Requirement } from './authenticate.ts'
import type { ValidVerdict } from './verdict.ts'
import type { TokenVerifier } from './verifier-types.ts'

/** A request of Express or Connect. Express sets `ip` by its setting `trust proxy`. */
export interface ExpressRequest extends IncomingMessage {
  readonly ip?: string | undefined
  /** The verdict on the key of the request. */
  apiKey?: ValidVerdict
}

type Middleware<Request> = (
  request: Request,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void

/** Makes a middleware of Express or Connect that admits requests with a valid API key. */
export function requireApiKey<Request extends ExpressRequest>(
  verifier: TokenVerifier,
  requirement: Requirement<Request> = {},
): Middleware<Request> {
  checkRequirement(requirement)
  return (request, response, next) => {
    const address = request.ip ?? request.socket.remoteAddress
    authenticate(verifier, requirement, request, { raw: request, address }).then((outcome) => {
      if (!outcome.isAdmitted) {
        const { status, headers, body } = outcome.refusal
        response.writeHead(status, headers).end(body)
        return
      }
      request.apiKey = outcome.verdict
      next()
    }, next)
  }
}
