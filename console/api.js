import { takeEarlyAnswer } from './early.js'
import { cutTokens } from './parts/tokens.js'

/**
 * @typedef {object} Request
 * @property {object} [body]
 * @property {Record<string, string>} [headers]
 * @property {AbortSignal} [signal]
 */

/** A refusal of the service, or an answer that did not arrive. */
export class Problem extends Error {
  /**
   * @param {object} facts
   * @param {number} facts.status 0: no answer arrived
   * @param {string} facts.code
   * @param {string} facts.detail
   * @param {string | null} [facts.requestId]
   * @param {readonly import('./types.js').Fault[]} [facts.faults]
   */
  constructor({ status, code, detail, requestId = null, faults = [] }) {
    super(detail)
    this.status = status
    this.code = code
    this.requestId = requestId
    this.faults = faults
  }

  /** Whether a change may have been made although this is no success. */
  get isUncertain() {
    return (
      this.status === 0 ||
      this.status === 502 ||
      this.status === 504 ||
      this.code === 'outcome_unknown'
    )
  }
}

/** What the page does when the session has ended, and when the service wants the key again. */
export const on = {
  signedOut: () => {},
  /** The reader has ended the session. */
  left: () => {},
  /** @type {(detail: string) => Promise<boolean>} */
  confirmation: async () => false,
}

/** Where 401 means that the key or link given is not accepted; the list of sessions is none. */
const ofSignIn = /^\/v1\/session(?:[/?]|$)/

/**
 * Calls the API. Throws a Problem. A change that the service wants confirmed by the key is sent
 * again once the reader has given the key.
 * @param {string} method
 * @param {string} path
 * @param {Request} [request]
 * @returns {Promise<{ body: any, headers: Headers, startedAt: number }>} when the
 *   request began that was answered, by performance.now(): the reader may have given the key in
 *   between
 */
export async function call(method, path, request = {}) {
  try {
    return await send(method, path, request)
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem
    if (problem.status === 401 && !ofSignIn.test(path)) {
      on.signedOut()
      throw sessionEnded(problem)
    }
    if (problem.code !== 'confirmation_required' || !(await on.confirmation(problem.message))) {
      throw problem
    }
    return send(method, path, request)
  }
}

/**
 * Reads the body of an answer.
 * @param {string} path
 * @param {AbortSignal} [signal]
 */
export async function get(path, signal) {
  return (await call('GET', path, signal && { signal })).body
}

/**
 * A path with a query, without parameters that are empty.
 * @param {string} path
 * @param {Record<string, string | number | null | undefined>} query
 */
export function pathOf(path, query) {
  const given = Object.entries(query).filter(
    ([, value]) => value !== null && value !== undefined && value !== '',
  )
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]))
  return given.length === 0 ? path : `${path}?${search}`
}

/**
 * @param {string} method
 * @param {string} path
 * @param {Request} request
 */
async function send(method, path, request) {
  const startedAt = performance.now()
  const response = await answerOf(method, path, request)
  const text = await response.text().catch(() => {
    throw unreachable()
  })
  const body = parse(text)
  if (response.ok && (text === '' || body !== undefined)) {
    return { body, headers: response.headers, startedAt }
  }
  if (response.ok) throw foreign()
  throw new Problem({
    status: response.status,
    code: body?.code ?? 'unknown',
    detail: body?.detail ?? `The service answered ${response.status}.`,
    requestId: body?.request_id ?? response.headers.get('x-request-id'),
    faults: body?.errors ?? [],
  })
}

/**
 * The response itself, for answers that are read as a stream.
 * @param {string} method
 * @param {string} path
 * @param {Request} [request]
 */
export async function answerOf(method, path, { body, headers = {}, signal } = {}) {
  const takesToken = path.startsWith('/v1/session')
  const text = body === undefined ? undefined : JSON.stringify(body)
  try {
    const early = takeEarlyAnswer(method, path)
    if (early !== undefined) return await early
    return await fetch(cutTokens(path), {
      method,
      headers: {
        'x-aeon-console': '1',
        ...(text !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(text !== undefined && { body: takesToken ? text : cutTokens(text) }),
      ...(signal && { signal }),
      credentials: 'same-origin',
      cache: 'no-store',
    })
  } catch (error) {
    if (signal?.aborted) throw error
    throw unreachable()
  }
}

/** @param {Problem} problem */
function sessionEnded({ status, requestId }) {
  const detail = 'Nothing was done. Try again now that you are signed in.'
  return new Problem({ status, code: 'session_ended', detail, requestId })
}

function unreachable() {
  return new Problem({
    status: 0,
    code: 'unreachable',
    detail: 'No answer arrived from the service. Check the connection, then try again.',
  })
}

/** A proxy or the sign-in page of a network may answer in the place of the service. */
function foreign() {
  return new Problem({
    status: 0,
    code: 'unreachable',
    detail: 'Something answered that is not the service. Check the connection, then try again.',
  })
}

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
