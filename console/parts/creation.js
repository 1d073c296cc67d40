import { call, Problem } from '../api.js'
import { html, nothing } from '../lit-html.js'
import { problemOf } from './problem.js'

/**
 * A creation that a dialog sends. The same body again is the same request, of which the service
 * makes one thing; another body is another request.
 */
export class Creation {
  isBusy = false
  /** Whether a request may have made something without an answer. */
  isDoubted = false
  /** @type {unknown} */
  #problem
  /** @type {{ text: string, key: string } | undefined} */
  #sent
  #update

  /** @param {() => void} update shows the dialog anew */
  constructor(update) {
    this.#update = update
  }

  /**
   * Sends the request; undefined if it failed, which the dialog then shows.
   * @param {string} path
   * @param {object} body
   * @returns {Promise<any>} the body of the answer
   */
  async send(path, body) {
    const text = JSON.stringify(body)
    if (this.#sent?.text !== text) this.#sent = { text, key: crypto.randomUUID() }
    this.isBusy = true
    this.#problem = undefined
    this.#update()
    try {
      const headers = { 'idempotency-key': this.#sent.key }
      return (await call('POST', path, { body, headers })).body
    } catch (error) {
      this.#problem = error
      if (error instanceof Problem && error.isUncertain) this.isDoubted = true
      return undefined
    } finally {
      this.isBusy = false
      this.#update()
    }
  }

  /**
   * Once the dialog is closed: reads again what may have grown without an answer.
   * @param {import('./dialog.js').Dialog} dialog
   * @param {() => void} reload
   */
  async whenClosed(dialog, reload) {
    await dialog.closed
    if (this.isDoubted) reload()
  }

  render() {
    if (this.#problem === undefined) return nothing
    return html`${problemOf(this.#problem)}
    ${this.isDoubted ? html`<p class="note warn">An answer was lost: what you asked for may have been made already. Close, and look at the list.</p>` : nothing}`
  }
}
