import { call } from '../api.js'
import { html, nothing } from '../lit-html.js'
import { problemOf } from '../parts/problem.js'

/**
 * The page of a reader without a session: takes a key, or the secret of a sign-in link.
 * @param {object} gate
 * @param {string | undefined} [gate.secret]
 * @param {string} [gate.text] why the reader is here again
 * @param {(signedIn: import('../types.js').SignedIn) => unknown} gate.signIn
 * @param {() => void} gate.update
 * @returns {import('../types.js').OpenView}
 */
export function open({ secret, text, signIn, update }) {
  let link = secret
  /** @type {unknown} */
  let problem
  let isBusy = false

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

  const byKey = () => html`
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
        ${text === undefined ? nothing : html`<p class="note" role="status">${text}</p>`}
        ${problem === undefined ? nothing : problemOf(problem)}
        ${link === undefined ? byKey() : byLink()}
      </div>
      <div class="toast" role="status" data-says></div>
    </main>`,
  }
}
