import { html, nothing } from '../lit-html.js'
import { state } from '../state.js'
import { Copier } from './copier.js'

/**
 * @typedef {object} Issued
 * @property {import('../types.js').ApiKey} key
 * @property {string} token
 * @property {string} jwt the JWT form
 */

/** Shows a token, once: both forms, and what to paste where. */
export class NewToken {
  /** @type {'native' | 'jwt'} */
  #form = 'native'
  #copier
  /** The token may outlive the session that made it. */
  #account = state.account

  /**
   * @param {Issued} issued
   * @param {() => void} update
   */
  constructor(issued, update) {
    this.issued = issued
    this.#copier = new Copier(update)
  }

  /** @returns {import('./layers.js').Hold | undefined} */
  hold() {
    if (this.#copier.isCopied) return undefined
    return {
      text: 'You have not copied the key, and nobody can show it again. Press Done again if you do not need it.',
    }
  }

  /** @param {() => void} done */
  render(done) {
    const { key, token, jwt } = this.issued
    const text = this.#form === 'native' ? token : jwt
    const copier = this.#copier
    return html`
      <p class="note">
        <b>Copy the key now. It is displayed one time</b> and stored nowhere. Keep it in a password manager or a store of secrets, never in code or in a chat.
      </p>
      <div class="row" role="group" aria-label="Form of the key">
        ${this.#tab('native', 'For the API')} ${this.#tab('jwt', 'For ybm and Terraform')}
      </div>
      <label>API key <b>${key.name}</b>
        <textarea class="token" readonly rows="4" data-takes="token" data-text="key" .value=${text} @focus=${(/** @type {any} */ event) => event.target.select()} @copy=${() => copier.copied('key')}></textarea>
      </label>
      <button type="button" class="primary" autofocus @click=${(/** @type {Event} */ event) => copier.copy('key', text, event)}>Copy key</button>
      ${copier.said('key')}
      <h3>Lines to paste</h3>
      ${linesOf(this.#form, text).map(
        ([name, lines]) => html`<div class="lines">
          <div class="title"><b>${name}</b> ${copier.said(name)} <button type="button" aria-label="Copy the lines for ${name}" @click=${(/** @type {Event} */ event) => copier.copy(name, lines, event)}>Copy</button></div>
          <pre tabindex="0" role="region" aria-label="Lines for ${name}" data-text=${name} @copy=${() => copier.copied(name)}>${lines}</pre>
        </div>`,
      )}
      <dl class="facts">
        <div><dt>Key id</dt><dd><code class="wrap">${key.id}</code></dd></div>
        <div><dt>Account id</dt><dd><code class="wrap">${key.account_id}</code></dd></div>
        ${this.#account !== undefined && 'project_id' in this.#account ? html`<div><dt>Project id</dt><dd><code class="wrap">${this.#account.project_id}</code></dd></div>` : nothing}
        ${Object.entries(key.metadata).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}
      </dl>
      <footer><button type="button" @click=${done}>Done</button></footer>
    `
  }

  /** @param {'native' | 'jwt'} form @param {string} label */
  #tab(form, label) {
    const choose = () => {
      this.#form = form
      this.#copier.reset()
    }
    return html`<button type="button" aria-pressed=${this.#form === form} @click=${choose}>${label}</button>`
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
