import { type IncomingMessage, STATUS_CODES } from 'node:http'
import {
  type Challenge,
  challengeOf,
  challengeWithoutToken,
} from '../../../src/domain/challenge.ts'
import { parseBearer } from '../../../src/domain/token/bearer.ts'
import { type DenialReason, denialReasons } from '../../../src/domain/verdict.ts'
import { VerifierError } from '../../../src/edge/verifier-error.ts'
import { toAttempt } from './attempt.ts'
import type { ValidVerdict } from './verdict.ts'
import type { TokenVerifier } from './verifier-types.ts'

/** What a route requires of a key. */
export interface Requirement<Request> {
  /** Permissions that the key must hold, all of them. */
  readonly permissions?: readonly string[]
  /** The account that the key must belong to, for example from the path of the request. */
  readonly accountId?: (request: Request) => string | undefined
  /**
   * The address of the client, if the framework does not know it. A framework behind a proxy knows
   * it only if you tell the framework to trust the proxy.
   */
  readonly clientIp?: (request: Request) => string | undefined
  /** The realm of WWW-Authenticate. Default: `api`. */
  readonly realm?: string
}

/** The response to a request that may not pass. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 503
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type Outcome =
  | { readonly isAdmitted: true; readonly verdict: ValidVerdict }
  | { readonly isAdmitted: false; readonly refusal: Refusal }

/** Seconds after which a client may try again (RFC 9110, section 10.2.3). */
const retryAfterSeconds = '1'

/**
 * Throws a VerifierError for permissions that no attempt may require: a program then fails at its
 * start, and not at each request.
 */
export function checkRequirement({ permissions }: Pick<Requirement<never>, 'permissions'>): void {
  toAttempt({ permissions })
}

/**
 * Verifies the token of a request. That there is no verdict is 503, never a denial: a client must
 * not throw away a good key. An attempt that the service refuses is 400: what it has besides its
 * permissions comes from the request, such as an account in its path.
 */
export async function authenticate<Request>(
  verifier: TokenVerifier,
  requirement: Requirement<Request>,
  request: Request,
  { raw, address }: { readonly raw: IncomingMessage; readonly address: string | undefined },
): Promise<Outcome> {
  const { permissions = [], realm = 'api' } = requirement
  const token = tokenOf(raw)
  if (token === undefined) return refuse(challengeWithoutToken(realm))
  try {
    const clientIp = requirement.clientIp === undefined ? address : requirement.clientIp(request)
    const verdict = await verifier.verify(token, {
      clientIp: withoutZone(clientIp),
      permissions,
      accountId: requirement.accountId?.(request),
    })
    if (verdict.valid) return { isAdmitted: true, verdict }
    return refuse(challengeOf(knownReason(verdict.reason), permissions, realm))
  } catch (error) {
    if (!(error instanceof VerifierError)) throw error
    if (error.code !== 'invalid_attempt') return refuse({ status: 503 })
    return refuse({ status: 400, detail: error.message })
  }
}

/** Node keeps the first of several Authorization headers; another hop may keep another one. */
function tokenOf({ headers, rawHeaders }: IncomingMessage): string | undefined {
  const { authorization } = headers
  if (authorization === undefined) return undefined
  const names = rawHeaders.filter((_, index) => index % 2 === 0)
  const count = names.filter((name) => name.toLowerCase() === 'authorization').length
  return count === 1 ? parseBearer(authorization) : undefined
}

/** Linux names the interface of a link-local address: `fe80::1%eth0`. */
function withoutZone(address: string | undefined): string | undefined {
  return address?.replace(/%.*$/, '')
}

/** A reason of a later version is a denial like that of an unknown token. */
function knownReason(reason: string): DenialReason {
  return denialReasons.find((known) => known === reason) ?? 'not_found'
}

type NoVerdict =
  | { readonly status: 400; readonly detail: string }
  | { readonly status: 503; readonly detail?: undefined }

function refuse(why: Challenge | NoVerdict): Outcome {
  const { status } = why
  const detail = 'detail' in why ? why.detail : undefined
  const body = JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status], status, detail })
  const headers = {
    'content-type': 'application/problem+json; charset=utf-8',
    'cache-control': 'no-store',
    ...('challenge' in why && { 'www-authenticate': why.challenge }),
    ...(status === 503 && { 'retry-after': retryAfterSeconds }),
  }
  return { isAdmitted: false, refusal: { status, headers, body } }
}
