import { call, get } from '../api.js'
import { html, nothing } from '../lit-html.js'
import { problemOf } from '../parts/problem.js'
import { leaveFor, wordsOfFailure } from '../parts/provider.js'

/**
 * The page of a reader without a session: leads to a provider, with an invitation or without one,
 * or takes a key or the secret of a sign-in link.
 * @param {object} gate
 * @param {string | undefined} [gate.secret]
 * @param {string | undefined} [gate.invitation] the secret of the link of an invitation
 * @param {string | undefined} [gate.text] why the reader is here again
 * @param {string} [gate.failure] why a provider led the reader back without a session
 * @param {(signedIn: import('../types.js').SignedIn) => unknown} gate.signIn
 * @param {() => void} gate.update
 * @returns {import('../types.js').OpenView}
 */
export function open({ secret, invitation, text, failure, signIn, update }) {
  let link = secret
  /** @type {unknown} */
  let problem
  let isBusy = false
  let note = failure === undefined ? text : wordsOfFailure(failure)
  /** @type {readonly import('../types.js').Provider[]} */
  let providers = []
  if (link === undefined) void findProviders()

  /** Without an answer, the page still takes a key. */
  async function findProviders() {
    const answer = await get('/v1/session/providers').catch(() => undefined)
    providers = answer?.providers ?? []
    update()
  }

  /** @param {string} provider */
  async function leave(provider) {
    isBusy = true
    problem = undefined
    note = undefined
    update()
    try {
      return await leaveFor(provider, { invitation })
    } catch (error) {
      problem = error
    }
    isBusy = false
    return update()
  }

  /** @param {object} body */
  async function enter(body) {
    isBusy = true
    problem = undefined
    update()
    try {
      const { body: signedIn } = await call('POST', '/v1/session', { body })
      signIn(signedIn)
    } catch (error) {
      problem = error
      link = undefined
    }
    isBusy = false
    update()
  }

  /** @param {SubmitEvent} event */
  function submit(event) {
    event.preventDefault()
    const form = /** @type {HTMLFormElement} */ (event.target)
    const field = /** @type {HTMLInputElement} */ (form.elements.namedItem('key'))
    const key = field.value.trim()
    field.value = ''
    if (key === '') return field.focus()
    void enter({ key })
  }

  const byLink = () => html`
    <p>This link signs you in for one hour. It works once.</p>
    <button class="primary" autofocus ?disabled=${isBusy} @click=${() => enter({ sign_in_secret: link })}>
      ${isBusy ? 'Signing in …' : 'Sign in'}
    </button>`

  const byProvider = () =>
    providers.length === 0
      ? nothing
      : html`<div class="providers">
          ${providers.map(
            ({ name, label }) =>
              html`<button type="button" class="primary" ?disabled=${isBusy} @click=${() => leave(name)}>Sign in with ${label}</button>`,
          )}
        </div>
        ${invitation === undefined ? html`<p class="quiet">Or with an API key:</p>` : nothing}`

  const byInvitation = () => html`
    <p>You are invited. Sign in with the e-mail address to which the invitation was sent: it works once.</p>
    ${byProvider()}`

  const byKey = () => html`
    ${byProvider()}
    <form @submit=${submit}>
      <label>API key
        <input
          name="key"
          type="password"
          autocomplete="off"
          spellcheck="false"
          data-takes="token"
          autofocus
          required
          placeholder="aeon_…"
          aria-describedby="key-note"
        />
      </label>
      <p id="key-note" class="quiet">The key is exchanged for a session and not stored. What you may do here is what the key may do.</p>
      <button class="primary" ?disabled=${isBusy}>${isBusy ? 'Signing in …' : 'Sign in'}</button>
    </form>
    <details>
      <summary>I have no key</summary>
      <p>An administrator of your account issues one. If nobody has a key yet, the operator of the service gets a sign-in link with <code>npm run admin -- sign-in-link</code>.</p>
    </details>`

  return {
    title: 'Sign in',
    render: () => html`<main class="gate">
      <div class="card">
        <h1 tabindex="-1">Sign in to aeon-keys</h1>
        ${note === undefined ? nothing : html`<p class="note" role="status">${note}</p>`}
        ${problem === undefined ? nothing : problemOf(problem)}
        ${link !== undefined ? byLink() : invitation !== undefined ? byInvitation() : byKey()}
      </div>
      <div class="toast" role="status" data-says></div>
    </main>`,
  }
}
