import { html, nothing } from '../lit-html.js'
import { openDialog } from '../parts/dialog.js'
import { problemOf } from '../parts/problem.js'
import { leaveForProviderOf } from '../parts/provider.js'
import { state } from '../state.js'

/**
 * Leads a person to the provider for a proof of identity, before a sensitive change. The page is
 * left, so that the change is not made: the reader makes it again afterwards.
 * @param {string} detail why, in the words of the service
 * @returns {Promise<boolean>}
 */
export async function askForProof(detail) {
  let isBusy = false
  /** @type {unknown} */
  let problem
  const dialog = openDialog({
    title: 'Prove your identity again',
    content: ({ dismiss }) => html`<form @submit=${submit}>
      <p>${detail}</p>
      ${problem === undefined ? nothing : problemOf(problem)}
      <p>You leave this page for your provider, and come back signed in. What you have not saved is lost.</p>
      <footer>
        <button type="button" @click=${dismiss}>Cancel</button>
        <button class="primary" autofocus ?disabled=${isBusy}>${isBusy ? 'One moment …' : 'Go to the provider'}</button>
      </footer>
    </form>`,
  })

  /** @param {SubmitEvent} event */
  async function submit(event) {
    event.preventDefault()
    isBusy = true
    problem = undefined
    dialog.update()
    try {
      const { user, account } = state.signedIn ?? {}
      if (user) await leaveForProviderOf(user, { confirm: true, account: account?.id })
    } catch (error) {
      problem = error
      isBusy = false
      dialog.update()
    }
  }

  await dialog.closed
  return false
}
