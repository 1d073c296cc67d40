import { call, get } from '../api.js'
import { html, nothing } from '../lit-html.js'
import { busy } from '../parts/busy.js'
import { holdOfWork, openDialog } from '../parts/dialog.js'
import { Loading } from '../parts/loading.js'
import { problemOf } from '../parts/problem.js'
import { progressOf } from '../parts/receipt.js'
import { ReceiptedAct } from '../parts/receipted-act.js'
import { counted } from '../parts/words.js'
import { may, nameOfUser } from '../state.js'

/** @typedef {import('../types.js').User} User */

/**
 * Asks what becomes of the keys of a user, removes the user, and shows the receipt until no
 * instance accepts a session of the person.
 * @param {User} user
 * @param {() => void} changed
 */
export function removeUser(user, changed) {
  const act = new ReceiptedAct(() => dialog.update(), changed)
  let ended = 0
  const name = nameOfUser(user)
  const path = `/v1/accounts/${user.account_id}/users/${user.id}`
  // Counted now: the list may be old.
  const latest = new Loading(
    () => get(path),
    () => dialog.update(),
  )

  /** @param {SubmitEvent} event */
  async function submit(event) {
    event.preventDefault()
    const form = new FormData(/** @type {HTMLFormElement} */ (event.target))
    const keys = String(form.get('keys') ?? 'keep')
    const reason = String(form.get('reason') ?? '').trim()
    const body = { keys, ...(reason !== '' && { reason }) }
    await act.run(async () => {
      const answer = await call('POST', `${path}/remove?wait_ms=0`, { body })
      ended = answer.body.key_count
      return answer
    })
  }

  /** @param {string} value @param {string} label @param {boolean} isOffered */
  const choice = (value, label, isOffered) =>
    isOffered
      ? html`<label class="choice"><input type="radio" name="keys" value=${value} required /> ${label}</label>`
      : nothing

  /** @param {{ user: User }} answer */
  const choices = ({ user: { key_count: count = 0 } }) =>
    count === 0
      ? html`<p>The person issued no key here that is still there.</p>`
      : html`<fieldset>
          <legend>The person issued ${counted(count, 'key')} here. What becomes of ${count === 1 ? 'it' : 'them'}?</legend>
          ${choice('keep', 'Keep: what uses a key goes on', true)}
          ${choice('disable', 'Disable: a key may be enabled again', may('api_key:disable'))}
          ${choice('revoke', 'Revoke: for good', may('api_key:revoke'))}
        </fieldset>`

  const dialog = openDialog({
    title: `Remove ${name}`,
    holds: () => holdOfWork(act.step === 'acting'),
    content: ({ close, dismiss }) => html`<form @submit=${submit}>
      ${act.problem === undefined ? nothing : problemOf(act.problem)}
      ${
        act.step === 'done'
          ? html`<p><b>${name}</b>${ended === 0 ? nothing : html`, and ${counted(ended, 'key')}`}</p>
              ${progressOf(act.progress, 'Removed everywhere')}
              <footer><button type="button" class="primary" @click=${close}>Done</button></footer>`
          : html`<p><b>${name}</b> is signed out of this account everywhere.</p>
              ${user.role_mapped ? html`<p>The role follows from the provider: the person returns with the next sign-in, unless the provider says otherwise by then.</p>` : nothing}
              ${latest.render(choices, 'the keys')}
              <label>Reason <span class="quiet">(optional, kept in the audit log)</span>
                <input name="reason" data-most="1000" autocomplete="off" />
              </label>
              <footer>
                <button type="button" @click=${dismiss}>Cancel</button>
                <button class="danger" ?disabled=${act.step === 'acting' || latest.value === undefined}>
                  ${act.step === 'acting' ? busy('One moment …') : 'Remove'}
                </button>
              </footer>`
      }
    </form>`,
  })
  void latest.start()
  return dialog
}
