import { call, get, pathOf } from '../api.js'
import { html, nothing } from '../lit-html.js'
import { busy } from '../parts/busy.js'
import { holdOfWork, openDialog } from '../parts/dialog.js'
import { Loading } from '../parts/loading.js'
import { problemOf } from '../parts/problem.js'
import { progressOf } from '../parts/receipt.js'
import { ReceiptedAct } from '../parts/receipted-act.js'
import { accountPath, nameOfUser } from '../state.js'

/**
 * Asks for another role of a user, and shows the receipt until every instance knows it.
 * @param {import('../types.js').User} user
 * @param {() => void} changed
 */
export function changeRole(user, changed) {
  const act = new ReceiptedAct(() => dialog.update(), changed)
  const roles = new Loading(
    () => get(pathOf(`${accountPath()}/roles`, { sort: 'name', limit: 100 })),
    () => dialog.update(),
  )

  /** @param {SubmitEvent} event */
  async function submit(event) {
    event.preventDefault()
    const form = /** @type {HTMLFormElement} */ (event.target)
    const role = String(new FormData(form).get('role'))
    const path = `/v1/accounts/${user.account_id}/users/${user.id}?wait_ms=0`
    await act.run(() => call('PATCH', path, { body: { role } }))
  }

  /** @param {readonly import('../types.js').Role[]} all */
  const select = (all) => html`<label>Role
    <select name="role" required>
      ${all.map(({ id, name }) => html`<option value=${id} ?selected=${id === user.role.id}>${name}</option>`)}
    </select>
  </label>`

  const dialog = openDialog({
    title: `Change the role of ${nameOfUser(user)}`,
    holds: () => holdOfWork(act.step === 'acting'),
    content: ({ close, dismiss }) => html`<form @submit=${submit}>
      ${act.problem === undefined ? nothing : problemOf(act.problem)}
      ${
        act.step === 'done'
          ? html`${progressOf(act.progress, 'Changed everywhere')}
              <footer><button type="button" class="primary" @click=${close}>Done</button></footer>`
          : html`<p>The role counts for every session of the person in this account.</p>
              ${roles.render(({ roles: all }) => select(all), 'roles')}
              <footer>
                <button type="button" @click=${dismiss}>Cancel</button>
                <button class="primary" ?disabled=${act.step === 'acting' || roles.value === undefined}>
                  ${act.step === 'acting' ? busy('One moment …') : 'Change role'}
                </button>
              </footer>`
      }
    </form>`,
  })
  void roles.start()
  return dialog
}
