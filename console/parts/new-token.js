import { html, nothing } from '../lit-html.js'
import { state } from '../state.js'

/**
 * @typedef {object} Issued
 * @property {import('../types.js').ApiKey} key
 * @property {string} token
 * @property {string} jwt the JWT form
 */

/**
 * Shows a token, once: both forms, what to paste where, and a way out that asks first if nothing
 * was copied.
 */
export class NewToken {
  /** @type {'native' | 'jwt'} */
  #form = 'native'
  #isCopied = false
  #isAsked = false

  /**
   * @param {Issued} issued
   * @param {() => void} update
   */
  constructor(issued, update) {
    this.issued = issued
    this.update = update
    addEventListener('beforeunload', this.#warn)
  }

  /** Whether the reader may leave; the first time, without a copy, the page asks instead. */
  mayLeave() {
    if (this.#isCopied || this.#isAsked) {
      removeEventListener('beforeunload', this.#warn)
      return true
    }
    this.#isAsked = true
    return false
  }

  #warn = (/** @type {Event} */ event) => {
    if (!this.#isCopied) event.preventDefault()
  }

  /** @param {() => void} done */
  render(done) {
    const { key, token, jwt } = this.issued
    const text = this.#form === 'native' ? token : jwt
    return html`
      <p class="note">
        <b>Copy the key now. It is displayed one time</b> and stored nowhere. Keep it in a password manager or a store of secrets, never in code or in a chat.
      </p>
      <div class="row" role="group" aria-label="Form of the key">
        ${this.#tab('native', 'For the API')} ${this.#tab('jwt', 'For ybm and Terraform')}
      </div>
      <label>API key <b>${key.name}</b>
        <textarea class="token" readonly rows="4" data-takes="token" .value=${text} @focus=${(/** @type {any} */ event) => event.target.select()} @copy=${this.#copied}></textarea>
      </label>
      <button type="button" class="primary" autofocus @click=${() => this.#copy(text)}>Copy key</button>
      <span role="status" class="good">${this.#isCopied ? '✓ Copied' : ''}</span>
      <h3>Lines to paste</h3>
      ${linesOf(this.#form, text).map(
        ([name, lines]) => html`<div class="lines">
          <div class="title"><b>${name}</b><button type="button" aria-label="Copy the lines for ${name}" @click=${() => this.#copy(lines)}>Copy</button></div>
          <pre tabindex="0" role="region" aria-label="Lines for ${name}">${lines}</pre>
        </div>`,
      )}
      <dl class="facts">
        <div><dt>Key id</dt><dd><code class="wrap">${key.id}</code></dd></div>
        <div><dt>Account id</dt><dd><code class="wrap">${key.account_id}</code></dd></div>
        ${state.account !== undefined && 'project_id' in state.account ? html`<div><dt>Project id</dt><dd><code class="wrap">${state.account.project_id}</code></dd></div>` : nothing}
        ${Object.entries(key.metadata).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}
      </dl>
      ${
        this.#isAsked && !this.#isCopied
          ? html`<p class="note warn" role="alert">You have not copied the key, and nobody can show it again. Press Done again if you do not need it.</p>`
          : nothing
      }
      <footer><button type="button" @click=${done}>Done</button></footer>
    `
  }

  /** @param {'native' | 'jwt'} form @param {string} label */
  #tab(form, label) {
    const choose = () => {
      this.#form = form
      this.update()
    }
    return html`<button type="button" aria-pressed=${this.#form === form} @click=${choose}>${label}</button>`
  }

  #copied = () => {
    this.#isCopied = true
    this.update()
  }

  /** @param {string} text */
  async #copy(text) {
    try {
      await navigator.clipboard.writeText(text)
    } catch {
      const field = document.querySelector('textarea.token')
      if (!(field instanceof HTMLTextAreaElement)) return
      field.focus()
      field.select()
      return
    }
    this.#copied()
  }
}

/**
 * @param {'native' | 'jwt'} form
 * @param {string} token
 * @returns {readonly (readonly [string, string])[]}
 */
function linesOf(form, token) {
  const { origin, host, protocol } = location
  const curl = `curl -H 'Authorization: Bearer ${token}' \\\n  ${origin}/v1/me`
  if (form === 'native') return [['curl', curl]]
  return [
    ['ybm', `export YBM_HOST=${origin}\nexport YBM_APIKEY=${token}\nybm api-key list`],
    [
      'Terraform',
      `provider "ybm" {\n  host            = "${host}"\n  use_secure_host = ${protocol === 'https:'}\n  auth_token      = "${token}"\n}`,
    ],
    ['curl', curl],
  ]
}
