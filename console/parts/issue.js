import { call, Problem } from '../api.js'
import { html, nothing } from '../lit-html.js'
import { NewToken } from './new-token.js'
import { problemOf } from './problem.js'
import { followReceipt, progressOf } from './receipt.js'

/**
 * Asks the service for a token so that none is lost in silence. The request has an idempotency key:
 * if its answer does not arrive, the same request says what was issued, and a token that nobody has
 * received is replaced by one that is shown.
 * @param {object} options
 * @param {string} options.path of the request that issues
 * @param {string} [options.done] what a complete receipt says
 * @param {() => void} options.update
 * @param {() => void} options.changed
 * @param {() => void} options.close
 */
export function issue({ path, done = 'Done everywhere', update, changed, close }) {
  let isBusy = false
  /** @type {unknown} */
  let problem
  /** @type {{ path: string, body: object, headers: Record<string, string> } | undefined} */
  let request
  /** @type {NewToken | undefined} */
  let token
  /** @type {{ key: import('../types.js').ApiKey, generation: number } | undefined} issued, never received */
  let lost
  /** @type {import('./receipt.js').Progress | undefined} */
  let progress

  /** @param {object} body */
  function start(body) {
    request = {
      path,
      body: { ...body, with_jwt_form: true },
      headers: { 'idempotency-key': crypto.randomUUID() },
    }
    return send()
  }

  async function send() {
    if (request === undefined || isBusy) return
    isBusy = true
    problem = undefined
    update()
    const startedAt = performance.now()
    try {
      const { body } = await sendTwice(request)
      receive(body, startedAt)
    } catch (error) {
      problem = error
    }
    isBusy = false
    update()
  }

  /** @param {any} body @param {number} startedAt */
  function receive(body, startedAt) {
    changed()
    if (body.token === null) {
      lost = { key: body.api_key, generation: body.generation }
      return
    }
    lost = undefined
    token = new NewToken({ key: body.api_key, token: body.token, jwt: body.jwt_form }, update)
    if (body.receipt === undefined) return
    void followReceipt(body.receipt, startedAt, (latest) => {
      progress = latest
      update()
    }).catch(() => {})
  }

  function replace() {
    if (lost === undefined) return
    const { key, generation } = lost
    request = {
      path: `/v1/accounts/${key.account_id}/api-keys/${key.id}/rotate?wait_ms=0`,
      body: { if_generation: generation, only_if_unused: true, with_jwt_form: true },
      headers: { 'idempotency-key': crypto.randomUUID() },
    }
    void send()
  }

  function leave() {
    if (token === undefined || token.mayLeave()) close()
    else update()
  }

  const lostText = (/** @type {NonNullable<typeof lost>} */ { key, generation }) => html`
    <div class="note warn" role="alert">
      <p><b>The key was issued, but its answer did not arrive.</b></p>
      <p>It is <b>${key.name}</b>, generation ${generation}, and begins with <code class="wrap">${key.hint}</code>. Its token cannot be shown again, and nobody has used it. Replace it by a new token, which ends the one that was lost.</p>
    </div>
    ${problem === undefined ? nothing : problemOf(problem)}
    <footer>
      <button type="button" @click=${close}>Close</button>
      <button type="button" class="primary" ?disabled=${isBusy} @click=${replace}>Show a new token</button>
    </footer>`

  return {
    start,
    isBusy: () => isBusy,
    mayLeave: () => !isBusy && (token?.mayLeave() ?? true),
    /** The problem, with a way to ask what became of the request. */
    problem: () => {
      if (problem === undefined) return nothing
      const isUncertain = problem instanceof Problem && problem.isUncertain
      return problemOf(problem, isUncertain ? () => void send() : undefined)
    },
    /** The token or its loss; undefined while there is neither. */
    render: () => {
      if (lost !== undefined) return lostText(lost)
      if (token === undefined) return undefined
      return html`${progressOf(progress, done)} ${token.render(leave)}`
    },
  }
}

/**
 * An answer that does not arrive is asked for once more: the service recognizes the request.
 * @param {{ path: string, body: object, headers: Record<string, string> }} request
 */
async function sendTwice({ path, body, headers }) {
  try {
    return await call('POST', path, { body, headers })
  } catch (error) {
    if (!(error instanceof Problem) || !error.isUncertain) throw error
    await new Promise((resolve) => setTimeout(resolve, 300))
    return call('POST', path, { body, headers })
  }
}
