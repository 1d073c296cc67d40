import { call, Problem } from '../api.js'
import { html, nothing } from '../lit-html.js'
import { state } from '../state.js'
import { openDialog } from './dialog.js'
import { endSession } from './layers.js'
import { loaded } from './load.js'
import { problemOf } from './problem.js'

/**
 * What a form needs to ask for a token.
 * @typedef {object} Issuing
 * @property {(body: object) => void} start
 * @property {() => boolean} isBusy
 * @property {() => unknown} problem
 * @property {() => void} update
 * @property {() => void} dismiss
 */

/**
 * @typedef {object} Request
 * @property {string} path
 * @property {object} body
 * @property {Record<string, string>} headers
 * @property {string} subject
 */

/**
 * A dialog that asks the service for a token so that none is lost in silence. The request has an
 * idempotency key, which it keeps until its outcome is known: the same request says what was
 * issued, and a token that nobody has received is replaced by one that is shown.
 * @param {object} options
 * @param {string} options.title
 * @param {string} options.path of the request that issues
 * @param {(body: any) => string} options.subject what a request issues, such as "The key deploy"
 * @param {string} [options.done] what a complete receipt says
 * @param {(issuing: Issuing) => unknown} options.form
 * @param {boolean} [options.asks] whether it asks before what was typed is lost
 * @param {() => void} options.changed
 */
export function openIssue({
  title,
  path,
  subject,
  done = 'Done everywhere',
  form,
  changed,
  asks = false,
}) {
  let isBusy = false
  /** Whether the request may have issued a token that did not arrive. */
  let isUnknown = false
  /** @type {unknown} */
  let problem
  /** @type {Request | undefined} */
  let request
  /**
   * What shows the outcome, loaded before there is one.
   * @type {typeof import('./issued.js') | undefined}
   */
  let outcome
  /** @type {import('./new-token.js').NewToken | undefined} */
  let token
  /** @type {import('./lost-token.js').Lost | undefined} issued, never received */
  let lost
  /** @type {import('./receipt.js').Progress | undefined} */
  let progress

  /** @param {string} to @param {object} body @param {string} named */
  function ask(to, body, named) {
    const headers = { 'idempotency-key': crypto.randomUUID() }
    request = { path: to, body: { ...body, with_jwt_form: true }, headers, subject: named }
    void send()
  }

  async function send() {
    if (request === undefined || isBusy) return
    let isDoubted = isUnknown
    isBusy = true
    problem = undefined
    update()
    try {
      outcome = await loaded(import('./issued.js'))
      const answer = await sendTwice(request, () => {
        isDoubted = true
      })
      receive(answer, outcome)
    } catch (error) {
      problem = error
      isUnknown = isDoubted && !refusesForGood(error)
    }
    isBusy = false
    update()
    if (state.signedIn === undefined) endSession()
  }

  /**
   * @param {{ body: any, startedAt: number }} answer
   * @param {typeof import('./issued.js')} shows
   */
  function receive({ body, startedAt }, { NewToken, followReceipt }) {
    isUnknown = false
    lost = body.token === null ? { key: body.api_key, generation: body.generation } : undefined
    if (lost === undefined) {
      token = new NewToken({ key: body.api_key, token: body.token, jwt: body.jwt_form }, update)
    }
    changed()
    if (lost === undefined && body.receipt !== undefined) {
      void follow(() => followReceipt(body.receipt, startedAt, show))
    }
  }

  /** @param {import('./receipt.js').Progress | undefined} latest */
  function show(latest) {
    progress = latest
    update()
  }

  /** @param {() => Promise<void>} receipts */
  async function follow(receipts) {
    // The token is what matters: a reader who rotates the key of the session may not ask any more.
    await receipts().catch(() => show(undefined))
  }

  /** @param {import('./lost-token.js').Lost} replaced */
  function replace({ key, generation }) {
    const to = `/v1/accounts/${key.account_id}/api-keys/${key.id}/rotate?wait_ms=0`
    ask(to, { if_generation: generation, only_if_unused: true }, `A new token of ${key.name}`)
  }

  const outlives = () => isBusy || isUnknown || lost !== undefined || token !== undefined

  /** @returns {import('./layers.js').Hold | undefined} */
  function holds() {
    if (isBusy) {
      const text = 'Wait for the answer: it has the token, which nobody can show again.'
      return { text, isFirm: true }
    }
    if (isUnknown) return leftBehind(`${request?.subject} may have been issued`)
    if (token !== undefined) return token.hold()
    return lost && leftBehind(`${lost.key.name} was issued`)
  }

  const update = () => dialog?.update()
  const dismiss = () => dialog?.dismiss()
  /** @type {Issuing} */
  const issuing = {
    start: (body) => ask(path, body, subject(body)),
    isBusy: () => isBusy,
    problem: () => (problem === undefined ? nothing : problemOf(problem)),
    update,
    dismiss,
  }

  function content() {
    const trouble = { problem, isBusy, dismiss }
    if (outcome !== undefined) {
      const { lostToken, progressOf, unknownOutcome } = outcome
      if (isUnknown) return unknownOutcome(request?.subject ?? '', { ...trouble, retry: send })
      if (lost !== undefined) return lostToken(lost, { ...trouble, replace })
      if (token !== undefined) return html`${progressOf(progress, done)} ${token.render(dismiss)}`
    }
    return form(issuing)
  }

  /** @type {import('./dialog.js').Dialog | undefined} */
  let dialog
  const isForm = () => asks && token === undefined
  const opened = openDialog({ title, holds, outlives, isForm, content })
  dialog = opened
  void opened.closed.then(() => isUnknown && changed())
  return opened
}

/** @param {string} fact */
function leftBehind(fact) {
  return { text: `${fact}, and nobody has its token. Close again to leave it as it is.` }
}

/**
 * Whether a refusal says that this request, which may have arrived before, has done nothing: what
 * it did before would be the answer.
 * @param {unknown} error
 */
function refusesForGood(error) {
  return error instanceof Problem && [400, 409, 422].includes(error.status)
}

/**
 * An answer that does not arrive is asked for once more: the service recognizes the request.
 * @param {Request} request
 * @param {() => void} doubt called if the request may have issued something
 */
async function sendTwice({ path, body, headers }, doubt) {
  const send = () => call('POST', path, { body, headers })
  /** @param {unknown} error */
  const note = (error) => {
    if (!(error instanceof Problem) || !error.isUncertain) throw error
    doubt()
  }
  try {
    return await send()
  } catch (error) {
    note(error)
  }
  await new Promise((resolve) => setTimeout(resolve, 300))
  try {
    return await send()
  } catch (error) {
    note(error)
    throw error
  }
}
