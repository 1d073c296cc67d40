import { call, get, pathOf } from '../api.js'
import { html, nothing } from '../lit-html.js'
import { busy } from '../parts/busy.js'
import { holdOfWork, openDialog } from '../parts/dialog.js'
import { Loading } from '../parts/loading.js'
import { NewLinks } from '../parts/new-links.js'
import { problemOf } from '../parts/problem.js'
import { accountPath } from '../state.js'

/** @typedef {import('../parts/new-links.js').Outcome} Outcome */

/**
 * Asks whom to invite, several at once, and shows their links.
 * @param {() => void} changed
 */
export function invitePeople(changed) {
  const roles = new Loading(
    () => get(pathOf(`${accountPath()}/roles`, { sort: 'name', limit: 100 })),
    () => dialog.update(),
  )
  /** @param {string} role @param {readonly string[]} emails */
  const send = async (role, emails) => {
    /** @type {Outcome[]} */
    const outcomes = []
    for (const email of emails) {
      const path = `${accountPath()}/invitations`
      outcomes.push(await outcomeOf(email, () => call('POST', path, { body: { email, role } })))
    }
    return outcomes
  }

  /** @param {SubmitEvent} event */
  function submit(event) {
    event.preventDefault()
    const form = new FormData(/** @type {HTMLFormElement} */ (event.target))
    const emails = String(form.get('emails')).split(/[\s,;]+/)
    const given = [...new Set(emails.filter((email) => email !== ''))]
    if (given.length > 0) void work(() => send(String(form.get('role')), given))
  }

  const { dialog, work } = openSending('Invite people', changed, (isBusy, dismiss) => {
    return html`<form @submit=${submit}>
      <p>Each person gets a link that works once, for 24 hours, only with that e-mail address at the provider.</p>
      <label>E-mail addresses <span class="quiet">(one on each line, or with commas)</span>
        <textarea name="emails" rows="4" required autocomplete="off" spellcheck="false"></textarea>
      </label>
      ${roles.render(
        ({ roles: all }) => html`<label>Role
          <select name="role" required>
            <option value="">Choose a role</option>
            ${all.map((/** @type {import('../types.js').Role} */ { id, name }) => html`<option value=${id}>${name}</option>`)}
          </select>
        </label>`,
        'roles',
      )}
      <footer>
        <button type="button" @click=${dismiss}>Cancel</button>
        <button class="primary" ?disabled=${isBusy || roles.value === undefined}>
          ${isBusy ? busy('One moment …') : 'Invite'}
        </button>
      </footer>
    </form>`
  })
  void roles.start()
}

/**
 * Sends an invitation again, once the reader has said so.
 * @param {import('../types.js').Invitation} invitation
 * @param {() => void} changed
 */
export function resend({ id, account_id: accountId, email }, changed) {
  const path = `/v1/accounts/${accountId}/invitations/${id}/resend`
  const again = async () => [await outcomeOf(email, () => call('POST', path))]
  const { work } = openSending('Send the invitation again', changed, (isBusy, dismiss) => {
    return html`<p><b>${email}</b> gets a new link, which works for 24 hours. The previous link stops working.</p>
      <footer>
        <button type="button" @click=${dismiss}>Cancel</button>
        <button type="button" class="primary" ?disabled=${isBusy} @click=${() => work(again)}>
          ${isBusy ? busy('One moment …') : 'Send again'}
        </button>
      </footer>`
  })
}

/**
 * A dialog that asks, and then shows the links that were made.
 * @param {string} title
 * @param {() => void} changed
 * @param {(isBusy: boolean, dismiss: () => void) => unknown} asking
 */
function openSending(title, changed, asking) {
  let isBusy = false
  /** @type {NewLinks | undefined} */
  let links
  /** @type {unknown} */
  let problem
  const dialog = openDialog({
    title,
    holds: () => links?.hold() ?? holdOfWork(isBusy),
    outlives: () => links?.hold() !== undefined,
    isForm: () => links === undefined,
    content: ({ close, dismiss }) =>
      links === undefined
        ? html`${problem === undefined ? nothing : problemOf(problem)} ${asking(isBusy, dismiss)}`
        : links.render(close, dismiss),
  })

  /** @param {() => Promise<readonly Outcome[]>} send */
  async function work(send) {
    isBusy = true
    problem = undefined
    dialog.update()
    const outcomes = await send()
    isBusy = false
    const [first] = outcomes
    // The reader may mend what was refused as a whole.
    if (outcomes.length === 1 && first?.link === undefined) problem = first?.problem
    else links = new NewLinks(outcomes, () => dialog.update())
    dialog.update()
    changed()
  }
  return { dialog, work }
}

/**
 * @param {string} email
 * @param {() => ReturnType<typeof call>} send
 * @returns {Promise<Outcome>}
 */
async function outcomeOf(email, send) {
  try {
    const { link, mail } = (await send()).body
    return { email, link, mail }
  } catch (problem) {
    return { email, problem }
  }
}
