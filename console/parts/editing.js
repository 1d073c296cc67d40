import { Problem } from '../api.js'
import { html, nothing } from '../lit-html.js'
import { loaded } from './load.js'
import { problemOf } from './problem.js'

/**
 * @template T
 * @typedef {object} Edited
 * @property {string} what such as "key"
 * @property {Version<T>} opened what the reader has opened
 * @property {() => Promise<Version<T>>} read
 * @property {(current: T) => T} merge the present one with the changes of the reader
 * @property {(merged: T, current: T) => object | undefined} bodyOf undefined: nothing differs
 * @property {(body: object, etag: string) => Promise<{ body: any, startedAt: number }>} send
 * @property {() => void} saved
 * @property {(value: T) => readonly (readonly [string, string])[]} facts what is compared
 * @property {(merged: T, current: T) => unknown} [consequences]
 * @property {() => import('./dialog.js').Dialog | undefined} dialog
 */

/**
 * @template T
 * @typedef {{ value: T, etag: string }} Version
 */

/**
 * Saves what a reader has changed, and nothing else. If another person has changed it meanwhile,
 * the reader sees both versions first.
 * @template T
 */
export class Editing {
  isBusy = false
  /** @type {unknown} */
  #problem
  /** Whether the reader has yet to choose between two versions. */
  #isContested = false
  /** @type {import('./receipt.js').Progress | undefined} */
  #progress
  /**
   * What shows the outcome, loaded before there is one.
   * @type {typeof import('./comparison.js') | undefined}
   */
  #outcome

  /** @param {Edited<T>} edited */
  constructor(edited) {
    this.edited = edited
    this.current = edited.opened
  }

  /** Whether something that was typed is not saved. */
  get isOpen() {
    return this.#progress === undefined
  }

  save = async () => {
    const { send, dialog } = this.edited
    const body = this.#body()
    if (body === undefined) return dialog()?.close()
    this.isBusy = true
    this.#problem = undefined
    this.#update()
    try {
      this.#outcome = await loaded(import('./comparison.js'))
      await this.#follow(await send(body, this.current.etag), this.#outcome)
    } catch (error) {
      if (error instanceof Problem && error.status === 412) await this.#readAgain()
      else this.#fail(error)
    }
    this.isBusy = false
    return this.#update()
  }

  /** @param {() => unknown} form what the reader fills in */
  render(form) {
    const dismiss = this.edited.dialog()?.dismiss
    if (this.#outcome !== undefined && this.#progress !== undefined) {
      return html`${this.#trouble()} ${this.#outcome.inEffect(this.#progress, dismiss)}`
    }
    if (this.#outcome === undefined || !this.#isContested) return html`${this.#trouble()} ${form()}`
    const { comparison, madeAlready } = this.#outcome
    if (this.#body() === undefined) return madeAlready(this.edited.what, dismiss)
    const { isBusy, save, current } = this
    const merged = this.#merged()
    return comparison(this.edited, { now: current.value, merged, isBusy, save, dismiss })
  }

  /**
   * @param {{ body: any, startedAt: number }} answer
   * @param {typeof import('./comparison.js')} shows
   */
  async #follow({ body, startedAt }, { followReceipt }) {
    this.#isContested = false
    this.edited.saved()
    await followReceipt(body.receipt, startedAt, (latest) => {
      this.#progress = latest
      this.#update()
    })
  }

  async #readAgain() {
    try {
      this.current = await this.edited.read()
      this.#isContested = true
      this.edited.saved()
    } catch (error) {
      this.#fail(error)
    }
  }

  /** The form is where a refusal can be mended. @param {unknown} error */
  #fail(error) {
    this.#problem = error
    this.#isContested = false
    if (error instanceof Problem && error.isUncertain) this.edited.saved()
  }

  #merged() {
    return this.edited.merge(this.current.value)
  }

  #body() {
    return this.edited.bodyOf(this.#merged(), this.current.value)
  }

  #update() {
    this.edited.dialog()?.update()
  }

  #trouble() {
    return this.#problem === undefined ? nothing : problemOf(this.#problem)
  }
}
