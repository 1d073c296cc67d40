import { Problem } from '../api.js'
import { html, nothing } from '../lit-html.js'
import { problemOf } from './problem.js'

/** What could not be read because the session had ended. @type {Set<Loading<any>>} */
const unread = new Set()

/** Reads what could not be read before the reader signed in again. */
export function readAgain() {
  const all = [...unread]
  unread.clear()
  for (const one of all) void one.start()
}

/**
 * Something that a view reads: loading, there, or failed.
 * @template T
 */
export class Loading {
  /** @type {T | undefined} */
  value
  /** @type {unknown} */
  problem
  #run = 0

  /**
   * @param {() => Promise<T>} read
   * @param {() => void} update
   */
  constructor(read, update) {
    this.read = read
    this.update = update
  }

  /** Reads again; an older answer that comes later does not count. */
  async start() {
    this.#run += 1
    const run = this.#run
    this.value = undefined
    this.problem = undefined
    this.update()
    try {
      const value = await this.read()
      if (run === this.#run) this.value = value
    } catch (error) {
      if (run === this.#run) this.problem = error
      if (error instanceof Problem && error.code === 'session_ended') unread.add(this)
    }
    if (run === this.#run) this.update()
    return this
  }

  /**
   * @param {(value: T) => unknown} show
   * @param {string} what for the words while it loads
   */
  render(show, what) {
    if (this.problem !== undefined) return problemOf(this.problem, () => void this.start())
    if (this.value === undefined) {
      return html`<div class="loading" role="status"><span class="spinner"></span> Loading ${what} …</div>`
    }
    return show(this.value)
  }
}

/**
 * The page of a list without anything to list.
 * @param {string} title
 * @param {unknown} text
 * @param {unknown} [act]
 */
export function empty(title, text, act = nothing) {
  return html`<div class="empty"><h2>${title}</h2><p>${text}</p>${act}</div>`
}
