import { html } from '../lit-html.js'

/** Copies texts that a dialog shows once, and knows whether one was copied. */
export class Copier {
  isCopied = false
  /** @type {{ name: string, isDone: boolean } | undefined} the last attempt to copy */
  #attempt
  #update

  /** @param {() => void} update shows the dialog anew */
  constructor(update) {
    this.#update = update
  }

  /** Forgets the last attempt: another text is shown. */
  reset() {
    this.#attempt = undefined
    this.#update()
  }

  /** What became of the last attempt. @param {string} name of the text */
  said(name) {
    const { isDone } = this.#attempt?.name === name ? this.#attempt : {}
    const text =
      isDone === undefined
        ? ''
        : isDone
          ? '✓ Copied'
          : 'The browser did not let the page copy. The text is selected: copy it by Ctrl+C or ⌘C.'
    return html`<span role="status" class=${isDone === false ? 'warn-text' : 'good'}>${text}</span>`
  }

  /** @param {string} name */
  copied(name) {
    this.isCopied = true
    this.#attempt = { name, isDone: true }
    this.#update()
  }

  /**
   * Copies a text, or selects what the dialog shows of it, by its `data-text`.
   * @param {string} name
   * @param {string} text
   * @param {Event} event
   */
  async copy(name, text, { target }) {
    const dialog = target instanceof Element ? target.closest('dialog') : null
    try {
      await navigator.clipboard.writeText(text)
    } catch {
      this.#attempt = { name, isDone: false }
      this.#update()
      const shown = dialog?.querySelector(`[data-text="${name}"]`)
      return shown instanceof HTMLElement ? select(shown) : undefined
    }
    return this.copied(name)
  }
}

/** @param {HTMLElement} shown */
function select(shown) {
  shown.focus()
  if (shown instanceof HTMLTextAreaElement) shown.select()
  else getSelection()?.selectAllChildren(shown)
}
