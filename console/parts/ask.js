import { html, nothing } from '../lit-html.js'
import { openDialog } from './dialog.js'

/**
 * Asks a question that is answered by yes or no.
 * @param {object} question
 * @param {string} question.title
 * @param {unknown} question.text
 * @param {string} question.yes
 * @param {string} [question.typed] a text that the reader must type first
 * @returns {Promise<boolean>}
 */
export async function ask({ title, text, yes, typed }) {
  let answer = false
  let isTyped = typed === undefined
  const dialog = openDialog({
    title,
    content: ({ close, dismiss, update }) => html`<form
      @submit=${(/** @type {Event} */ event) => {
        event.preventDefault()
        answer = true
        close()
      }}
    >
      <div class="text">${text}</div>
      ${
        typed === undefined
          ? nothing
          : html`<label>Type <b>${typed}</b> to confirm
              <input
                autocomplete="off"
                @input=${(/** @type {any} */ event) => {
                  isTyped = event.target.value === typed
                  update()
                }}
              />
            </label>`
      }
      <footer>
        <button type="button" @click=${dismiss}>Cancel</button>
        <button class="danger" ?disabled=${!isTyped}>${yes}</button>
      </footer>
    </form>`,
  })
  await dialog.closed
  return answer
}
