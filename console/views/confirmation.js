import { call } from '../api.js'
import { html, nothing } from '../lit-html.js'
import { confirmation } from '../parts/busy.js'
import { openDialog } from '../parts/dialog.js'
import { layers } from '../parts/layers.js'
import { problemOf } from '../parts/problem.js'
import { state } from '../state.js'

/**
 * Asks for the key again before a sensitive change. Resolves with whether it was given.
 * @param {string} detail why, in the words of the service
 * @returns {Promise<boolean>}
 */
export async function askForKey(detail) {
  let isGiven = false
  let isBusy = false
  /** @type {unknown} */
  let problem
  const dialog = openDialog({
    title: 'Give your key again',
    content: ({ dismiss }) => html`<form @submit=${submit}>
      <p>${detail}</p>
      ${problem === undefined ? nothing : problemOf(problem)}
      <label>API key <b>${state.signedIn?.api_key?.name}</b>
        <input name="key" type="password" autocomplete="off" data-takes="token" required autofocus />
      </label>
      <p class="quiet">The token of the key that you act with, also if you signed in by a link. It is not stored.</p>
      <footer>
        <button type="button" @click=${dismiss}>Cancel</button>
        <button class="primary" ?disabled=${isBusy}>${isBusy ? 'Checking …' : 'Go on'}</button>
      </footer>
    </form>`,
  })

  /** @param {SubmitEvent} event */
  async function submit(event) {
    event.preventDefault()
    const form = /** @type {HTMLFormElement} */ (event.target)
    const field = /** @type {HTMLInputElement} */ (form.elements.namedItem('key'))
    const key = field.value.trim()
    field.value = ''
    isBusy = true
    problem = undefined
    dialog.update()
    try {
      await call('POST', '/v1/session/confirmation', { body: { key } })
      isGiven = true
      dialog.close()
    } catch (error) {
      problem = error
      isBusy = false
      dialog.update()
    }
  }

  showWaiting(true)
  await dialog.closed
  showWaiting(false)
  return isGiven
}

/** The dialog below says what its change waits for. @param {boolean} isAsked */
function showWaiting(isAsked) {
  confirmation.isAsked = isAsked
  for (const { update } of layers) update()
}
